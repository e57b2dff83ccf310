package provider_test

import (
	"testing"
)

// guarded is a pair whose injection demands two sources.
func guarded(db, web int, onViolation string) stack {
	s := pair(db, web)
	s.injections[0].arguments += "\n  min_sources = 2\n  on_violation = \"" + onViolation + "\""
	return s
}

// TestAccInjection_minSources shows that a list that is too short isn't delivered.
func TestAccInjection_minSources(t *testing.T) {
	t.Parallel()
	onEverySite(t, func(t *testing.T, at site) {
		at.Apply(guarded(3, 1, "hold").String())
		at.expectDelivered(t)
		before := at.file("web-0", "seen")

		_, output := at.Apply(guarded(1, 1, "hold").String())
		for _, want := range []string{"Warning: Nothing to Deliver", "There are 1 of at least 2 servers to take db.private_ip from"} {
			if !message(want).MatchString(output) {
				t.Errorf("the apply doesn't say %q:\n%s", want, output)
			}
		}
		at.expectSeen(t, before)
		at.ExpectNothingToDo()

		// A new server gets what is in force.
		at.Apply(guarded(1, 2, "hold").String())
		at.expectSeen(t, before)

		at.Apply(guarded(2, 2, "hold").String())
		at.expectDelivered(t)

		at.Write(guarded(1, 2, "fail").String())
		result := at.Run("plan")
		if want := message("Error: Too Few Sources"); result.ExitCode == 0 || !want.MatchString(result.Output) {
			t.Errorf("the plan ends with exit code %d, want the refusal:\n%s", result.ExitCode, result.Output)
		}
		at.Apply(guarded(2, 2, "fail").String())
		at.expectDelivered(t)
	})
}
