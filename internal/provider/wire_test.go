package provider_test

import (
	"strings"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// A secret that is another one in every run is stored once per version: a scale-out
// doesn't rotate it.
func TestAccSecret_staysWhileItsVersionDoes(t *testing.T) {
	t.Parallel()
	onEverySite(t, func(t *testing.T, at site) {
		at.Setenv("TF_VAR_password", "first")
		grown := secret("1")
		at.Apply(grown.String())
		at.Setenv("TF_VAR_password", "second")
		at.Apply(grown.resized(map[string]int{"db": 2}).String())
		for _, key := range []string{"db-0", "db-1"} {
			if got := at.file(key, "root_password"); got != "first" {
				t.Errorf("%s has got %q, want the first", key, got)
			}
		}
	})
}

// announced is a stack in which db publishes a word for the parameter of web, which
// takes only words that begin with "good".
func announced(word string, wired bool) stack {
	s := stack{
		configurations: []configuration{
			{name: "db", boot: "muster output set word " + word, outputs: `word = {}`},
			{name: "web", boot: `true`, parameters: `word = { deferred = true, required_for = "nothing", pattern = "^good" }`},
		},
		groups: []group{{name: "db", size: 1}, {name: "web", size: 1}},
	}
	if wired {
		s.injections = []injection{{into: "web.word", from: []string{"db.word"}}}
	}
	return s
}

// An injection that couldn't be created leaves nothing that a readiness trips over.
func TestAccInjection_failedCreateLeavesNoWire(t *testing.T) {
	t.Parallel()
	onEverySite(t, func(t *testing.T, at site) {
		at.Apply(announced("bad", false).String())
		at.Write(announced("bad", true).String())
		result := at.Run("apply", "-auto-approve")
		want := `What db.word gives to parameter "word" of server group "web": invalid value: it doesn't match the pattern "^good"; correct the script that publishes it`
		if result.ExitCode != acctest.Refused || !message(want).MatchString(result.Output) {
			t.Errorf("the apply ends with exit code %d and doesn't say %q:\n%s", result.ExitCode, want, result.Output)
		}
		// The readiness waits again: db has another member.
		at.Apply(announced("bad", false).resized(map[string]int{"db": 2}).String())
	})
}

func TestAccInjection_movesToAnotherGroup(t *testing.T) {
	t.Parallel()
	onEverySite(t, func(t *testing.T, at site) {
		words := func(into, from string) string {
			return stack{
				configurations: []configuration{{
					name: "node", boot: `muster output set out "from $MUSTER_MEMBER"`, update: `muster param get word >seen`, outputs: `out = {}`,
					parameters: `word = { deferred = true, required_for = "nothing" }`,
				}},
				groups:     []group{{name: "a", size: 1, of: "node"}, {name: "b", size: 1, of: "node"}, {name: "c", size: 1, of: "node"}},
				injections: []injection{{into: into + ".word", from: []string{from + ".out"}, label: "word"}},
			}.String()
		}
		at.Apply(words("a", "b"))
		for _, move := range []struct{ into, from string }{{"c", "b"}, {"b", "c"}, {"a", "b"}} {
			plan, _ := at.Apply(words(move.into, move.from))
			expectChanges(t, plan, map[string]string{injectionAddress("word"): "update", readinessAddress: "update"})
			if got, want := at.file(move.into+"-0", "seen"), "from "+move.from+"-0"; got != want {
				t.Errorf("%s has seen %q, want %q", move.into, got, want)
			}
		}
	})
}

// Objects that are unknown as a whole at plan.
func TestAccInjection_intoIsUnknown(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	late := stack{
		configurations: []configuration{{name: "web", boot: `true`, parameters: `word = { deferred = true }`}},
		groups:         []group{{name: "web", size: 1}},
		extra: `
resource "terraform_data" "late" {
  input = { group = muster_server_group.web.handle, parameter = "word" }
}
resource "muster_parameter_injection" "word" {
  into  = terraform_data.late.output
  value = "hello"
}
`,
	}
	w.Apply(late.String())
}

func TestAccInjection_nullEnds(t *testing.T) {
	t.Parallel()
	base := announced("good", false)
	tests := map[string]struct{ ends, want string }{
		"a source": {
			ends: `into = { group = muster_server_group.web.handle, parameter = "word" }
  from = [null]`,
			want: `Must set a configuration value for the from[0].group attribute`,
		},
		"the group of a source": {
			ends: `into = { group = muster_server_group.web.handle, parameter = "word" }
  from = [{ group = null, output = "word" }]`,
			want: `Must set a configuration value for the from[0].group attribute`,
		},
		"the parameter": {
			ends: `into = { group = muster_server_group.web.handle, parameter = null }
  value = "x"`,
			want: `Must set a configuration value for the into.parameter attribute`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := acctest.NewWorkspace(t)
			nulls := base
			nulls.extra = "resource \"muster_parameter_injection\" \"word\" {\n  " + test.ends + "\n}\n"
			w.Write(nulls.String())
			result := w.Run("plan")
			if result.ExitCode != acctest.Refused || !message(test.want).MatchString(result.Output) {
				t.Errorf("the plan ends with exit code %d and doesn't say %q:\n%s", result.ExitCode, test.want, result.Output)
			}
			if strings.Contains(result.Output, "Value Conversion") {
				t.Errorf("the plan speaks of conversions:\n%s", result.Output)
			}
		})
	}
}

func TestAccServerReadiness_nullElements(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ arguments, want string }{
		"a group": {`groups = [null]`, `groups[0] is null and should be the handle of a muster_server_group.`},
		"a wire":  {"groups = [muster_server_group.web.handle]\n  after = [null]", `after[0] is null and should be the wire of a muster_parameter_injection.`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := acctest.NewWorkspace(t)
			nulls := announced("good", false)
			nulls.unready = true
			nulls.extra = "resource \"muster_server_readiness\" \"all\" {\n  " + test.arguments + "\n}\n"
			w.Write(nulls.String())
			if result := w.Run("plan"); result.ExitCode != acctest.Refused || !message(test.want).MatchString(result.Output) {
				t.Errorf("the plan ends with exit code %d and doesn't say %q:\n%s", result.ExitCode, test.want, result.Output)
			}
		})
	}
}

// A server that ends while it is waited for has no script to correct.
func TestAccServerReadiness_endedMember(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	w.Apply(pair(1, 1).String())
	w.Write(pair(2, 1).String())
	w.Plan()
	acctest.Member(t, w.Directory(), "web-0").Kill(t)
	result := w.Run("apply", "plan")
	for _, want := range []string{"Servers Have Ended", "web-0: its server has ended", "Apply again: servers that have ended are launched anew."} {
		if !message(want).MatchString(result.Output) {
			t.Errorf("the apply doesn't say %q:\n%s", want, result.Output)
		}
	}
	if strings.Contains(result.Output, "Correct the script") {
		t.Errorf("the apply blames a script:\n%s", result.Output)
	}
}
