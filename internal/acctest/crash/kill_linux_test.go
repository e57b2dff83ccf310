package crash

import (
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/fault"
)

// Terraform gets no answer to what it has asked for, and saves what it knows.
func TestKill_provider(t *testing.T) {
	t.Parallel()
	run(t, fault.KillProvider)
}

// Terraform has saved what was done before.
func TestKill_both(t *testing.T) {
	t.Parallel()
	run(t, fault.KillBoth)
}
