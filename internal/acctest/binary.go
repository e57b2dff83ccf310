package acctest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/musterhq/terraform-provider-muster/internal/provider"
)

const (
	modulePath = "github.com/musterhq/terraform-provider-muster"

	cliConfigName = "cli.tfrc"
	// mirrorConfigName is a CLI configuration too: with it, "init" finds the provider.
	mirrorConfigName = "mirror.tfrc"
)

//nolint:gochecknoglobals // One build for all tests of the process.
var (
	builtProvider = sync.OnceValues(func() (string, error) { return buildProvider("provider", modulePath) })
	builtMortal   = sync.OnceValues(func() (string, error) { return buildProvider("mortal", modulePath+"/internal/acctest/mortal") })
	builtCrowd    = sync.OnceValues(func() (string, error) { return buildProvider("crowd", modulePath+"/internal/acctest/crowd") })
)

// buildProvider builds a provider into a directory of the name, as users get it, and
// returns the CLI configuration under which Terraform and OpenTofu run it without
// "init".
func buildProvider(name, path string) (cliConfig string, err error) {
	shared := os.Getenv(sharedVariable)
	if shared == "" {
		return "", errors.New("building the provider: the package's TestMain must call acctest.Main")
	}
	// This puts the provider into the test's own binary, which go test knows results by:
	// it must not take those of an earlier provider for this one's.
	if provider.New(name) == nil {
		return "", fmt.Errorf("building %s: there is no provider", path)
	}
	directory := filepath.Join(shared, name)
	// No context of one test may end the build that others wait for.
	build := exec.Command("go", "build", "-o", filepath.Join(directory, "terraform-provider-muster"), path) //nolint:noctx // See above.
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building %s: %w: %s", path, err, output)
	}
	if err := mirror(directory); err != nil {
		return "", err
	}
	cliConfig = filepath.Join(directory, cliConfigName)
	content := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"musterhq/muster\" = %q\n  }\n  direct {}\n}\n", directory)
	return cliConfig, os.WriteFile(cliConfig, []byte(content), 0o600)
}

// mirror lets "init" install the provider in the directory. It finds no provider that
// is overridden only, as it is for all other commands, which are faster so.
func mirror(directory string) error {
	root := filepath.Join(directory, "mirror")
	for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		place := filepath.Join(root, host, "musterhq", "muster", "0.0.1", runtime.GOOS+"_"+runtime.GOARCH)
		if err := os.MkdirAll(place, 0o700); err != nil {
			return err
		}
		if err := os.Link(filepath.Join(directory, "terraform-provider-muster"), filepath.Join(place, "terraform-provider-muster_v0.0.1")); err != nil {
			return err
		}
	}
	content := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", root)
	return os.WriteFile(filepath.Join(directory, mirrorConfigName), []byte(content), 0o600)
}
