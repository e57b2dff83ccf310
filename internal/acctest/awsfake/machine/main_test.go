//go:build linux

package machine_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/leftover"
)

// heldVariable is set for a run of the test program that starts a machine there and
// never stops it.
const heldVariable = "MUSTER_MACHINE_TEST_HELD"

func TestMain(m *testing.M) {
	machine.RunInit()
	if directory := os.Getenv(heldVariable); directory != "" {
		fmt.Fprintln(os.Stderr, hold(directory))
		os.Exit(1)
	}
	if err := leftover.Adopt(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(max(m.Run(), reportLeftovers()))
}

// reportLeftovers prints what the tests have left running; it returns the exit code.
func reportLeftovers() int {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	left := leftover.Await(ctx)
	for _, process := range left {
		fmt.Fprintln(os.Stderr, process)
	}
	return min(len(left), 1)
}
