package acctest

import (
	"fmt"
	"os"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/hosting/local"
)

// Main is the TestMain of a package whose tests launch local servers: the test
// binary is executed again as the supervisor of each of them.
func Main(m *testing.M) {
	local.RunSupervisor()
	if os.Getenv("TF_ACC") == "" {
		// The suite needs no account and costs nothing, so it always runs.
		if err := os.Setenv("TF_ACC", "1"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}
