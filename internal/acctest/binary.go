package acctest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

const modulePath = "github.com/musterhq/terraform-provider-muster"

//nolint:gochecknoglobals // One build for all tests of the process.
var builtProvider = sync.OnceValues(buildProvider)

// buildProvider builds the provider as users get it and returns the CLI
// configuration under which Terraform and OpenTofu run it without "init".
func buildProvider() (cliConfig string, err error) {
	shared := os.Getenv(sharedVariable)
	if shared == "" {
		return "", errors.New("building the provider: the package's TestMain must call acctest.Main")
	}
	// No context of one test may end the build that others wait for.
	build := exec.Command("go", "build", "-o", filepath.Join(shared, "terraform-provider-muster"), modulePath) //nolint:noctx // See above.
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the provider: %w: %s", err, output)
	}
	cliConfig = filepath.Join(shared, "cli.tfrc")
	content := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"musterhq/muster\" = %q\n  }\n  direct {}\n}\n", shared)
	return cliConfig, os.WriteFile(cliConfig, []byte(content), 0o600)
}
