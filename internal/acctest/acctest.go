// Package acctest runs the provider against the real Terraform CLI, on the local
// hosting service, with no account. Only tests import it.
package acctest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/musterhq/terraform-provider-muster/internal/provider"
)

// requireAll is the environment variable under which a test that lacks its
// program fails instead of being skipped.
const requireAll = "MUSTER_REQUIRE_ALL"

// Factories returns the provider for a plugin-testing test case. Every command of
// Terraform gets a provider of its own, as in real life.
func Factories() map[string]func() (tfprotov6.ProviderServer, error) {
	return map[string]func() (tfprotov6.ProviderServer, error){
		"muster": func() (tfprotov6.ProviderServer, error) {
			return providerserver.NewProtocol6WithError(provider.New("test"))()
		},
	}
}

// Directory returns a state directory for the local hosting service. When the test
// ends it is removed, which ends whatever server the test has left.
func Directory(t testing.TB) string {
	t.Helper()
	return filepath.Join(t.TempDir(), ".muster")
}

// ProviderBlock returns the provider block for a state directory; extra goes into
// the block.
func ProviderBlock(directory, extra string) string {
	return fmt.Sprintf("provider \"muster\" {\n  local = { directory = %q }\n%s\n}\n", directory, extra)
}

// CLI returns the path of the Terraform or OpenTofu binary. Where there is none, the
// test is skipped with the program's name.
func CLI(t testing.TB) string {
	t.Helper()
	if path := os.Getenv("TF_ACC_TERRAFORM_PATH"); path != "" {
		return path
	}
	return Program(t, "terraform")
}

// Program returns the path of a program that a test needs, or skips the test.
func Program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
		return path
	case os.Getenv(requireAll) == "1":
		t.Fatalf("the test needs the program %s", name)
	default:
		t.Skipf("the test needs the program %s", name)
	}
	return ""
}
