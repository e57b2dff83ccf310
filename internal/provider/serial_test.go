package provider_test

import (
	"fmt"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// column is a group whose members get a value in serial order, and note when they were at
// work on it and with which members.
func column(word string, size int) stack {
	const note = `
began=$(cut -d ' ' -f 1 /proc/uptime)
sleep 0.3
muster param get peers >peers
muster param get word >word
echo "$began $(cut -d ' ' -f 1 /proc/uptime)" >turn
`
	const serial = "\n  order = \"serial\""
	return stack{
		configurations: []configuration{{
			name: "node", boot: "muster param get peers >start\nmuster param get word >>start\n" + note, update: note,
			parameters: `peers = { deferred = true, required_for = "ready" }, word = { deferred = true, required_for = "ready" }`,
		}},
		groups: []group{{name: "node", size: size}},
		injections: []injection{
			{into: "node.peers", from: []string{"node.private_ip"}, arguments: `select = "all"` + serial},
			{into: "node.word", arguments: fmt.Sprintf("value = %q", word) + serial},
		},
	}
}

// expectTurns wants the members to have been at work one after the other.
func (s site) expectTurns(t *testing.T, size int) {
	t.Helper()
	var before float64
	for slot := range size {
		var began, ended float64
		key := hosting.MemberKey("node", slot)
		if _, err := fmt.Sscan(s.file(key, "turn"), &began, &ended); err != nil {
			t.Fatal(err)
		}
		if began < before {
			t.Errorf("%s was at work from %.2f on, the member before it until %.2f", key, began, before)
		}
		before = ended
	}
}

func TestAccInjection_serial(t *testing.T) {
	t.Parallel()
	onEverySite(t, func(t *testing.T, at site) {
		at.Apply(column("one", 2).String())
		at.expectTurns(t, 2)
		at.Apply(column("two", 2).String())
		at.expectTurns(t, 2)
		at.expectFiles(t, "word", map[string]string{"node-0": "two", "node-1": "two"})
		// A new member starts in its turn, with a list that it is in.
		at.Apply(column("two", 3).String())
		at.expectTurns(t, 3)
		if got, want := at.file("node-2", "start"), at.file("node-0", "peers")+"two"; got != want {
			t.Errorf("the new member starts with %q, want %q", got, want)
		}
	})
}

// A value that a server fails with reaches no other.
func TestAccInjection_serialStopsAtTheFirstThatFails(t *testing.T) {
	t.Parallel()
	onEverySite(t, func(t *testing.T, at site) {
		s := column("good", 3)
		s.configurations[0].update = "test \"$(muster param get word)\" = good && exit\nmuster param get word >failed-with\nexit 7"
		at.Apply(s.String())
		bad := s
		bad.injections = []injection{s.injections[0], {into: "node.word", arguments: "value = \"bad\"\n  order = \"serial\""}}
		at.Write(bad.String())
		result := at.Run("apply", "-auto-approve")
		if want := message("node-0: update script exited with exit code 7"); result.ExitCode == 0 || !want.MatchString(result.Output) {
			t.Errorf("the apply ends with exit code %d, want the failure of node-0:\n%s", result.ExitCode, result.Output)
		}
		at.expectFiles(t, "failed-with", map[string]string{"node-0": "bad"})
		at.expectFiles(t, "word", map[string]string{"node-1": "good", "node-2": "good"})
		// The value is corrected; the order in which that arrives is none of this test's.
		at.Write(s.String())
		for range 2 {
			if result = at.Run("apply", "-auto-approve"); result.ExitCode == 0 {
				break
			}
		}
		if result.ExitCode != 0 {
			t.Errorf("the corrected value doesn't arrive:\n%s", result.Output)
		}
		at.ExpectNothingToDo()
	})
}

// A plan says what each member runs where a delivery has not reached all of them: without a
// readiness, an apply takes one step of a serial order.
func TestAccInjection_saysWhatEachMemberRuns(t *testing.T) {
	t.Parallel()
	onEverySite(t, func(t *testing.T, at site) {
		at.Apply(column("one", 2).String())
		stepwise := column("two", 2)
		stepwise.unready = true
		at.Write(stepwise.String())
		at.MustRun("apply", "-auto-approve")
		at.Write(column("two", 2).String())
		plan := at.Plan()
		var effects map[string]string
		plan.After(t, injectionAddress("node_word"), "effects", &effects)
		var runs, newest int
		if _, err := fmt.Sscanf(effects["node-1"], "runs revision %d of %d: will deliver and update", &runs, &newest); err != nil || runs >= newest {
			t.Errorf("the plan says of node-1 that it %s, want an older revision and what will be done", effects["node-1"])
		}
		at.ApplyPlan()
		at.expectFiles(t, "word", map[string]string{"node-0": "two", "node-1": "two"})
	})
}
