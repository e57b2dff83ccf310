//go:build linux

package fleet_test

import (
	"os"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine"
)

func TestMain(m *testing.M) {
	machine.RunInit()
	os.Exit(m.Run())
}
