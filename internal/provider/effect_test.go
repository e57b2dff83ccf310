package provider_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// The scripts of a mixture note every boot with what it has read, and every update with its
// arguments.
const (
	noteBoot = `
: >>updates
for name in d u r x; do printf '%s ' "$(muster param get $name)"; done >>boots
cut -d ' ' -f 1 /proc/uptime >>boots
`
	noteUpdate = `echo "$@" >>updates`
)

// mixture is a stack of two members with a parameter for each effect that a change can have.
// values are the expressions of its values by parameter.
func mixture(values map[string]string) stack {
	effects := map[string]string{"d": "deliver", "u": "update", "r": "restart", "x": "replace"}
	s := stack{
		configurations: []configuration{{name: "web", boot: noteBoot, update: noteUpdate}},
		groups:         []group{{name: "web", size: 2}},
	}
	for _, name := range []string{"d", "u", "r", "x"} {
		s.configurations[0].parameters += fmt.Sprintf("\n    %s = { deferred = true, required_for = \"ready\", on_change = %q }", name, effects[name])
		s.injections = append(s.injections, injection{into: "web." + name, arguments: "value = " + values[name]})
	}
	s.configurations[0].parameters += "\n  "
	return s
}

// life is what a member of a mixture has gone through: what each of its boots has read, and
// what its updates were handed.
func (s site) life(key string) (boots []string, updates string) {
	for line := range strings.Lines(s.file(key, "boots")) {
		boots = append(boots, strings.Join(strings.Fields(line)[:4], " "))
	}
	return boots, strings.Join(strings.Fields(s.file(key, "updates")), " ")
}

// updates are what the updates of both members were handed so far, by key.
func (s site) updates() map[string]string {
	updates := make(map[string]string)
	for _, key := range []string{"web-0", "web-1"} {
		_, updates[key] = s.life(key)
	}
	return updates
}

// expectLife wants the members to have gone through that, after the updates that each has
// had before.
func (s site) expectLife(t *testing.T, before map[string]string, more string, wantBoots ...string) {
	t.Helper()
	for key := range before {
		boots, updates := s.life(key)
		wantUpdates := strings.TrimSpace(before[key] + more)
		if !cmp.Equal(boots, wantBoots) || updates != wantUpdates {
			t.Errorf("%s has booted with %q and has updated %q, want %q and %q", key, boots, updates, wantBoots, wantUpdates)
		}
	}
}

// expectEffects wants the plan to say that on both members, and to change nothing else.
func expectEffects(t *testing.T, plan acctest.Plan, address, want string) {
	t.Helper()
	var effects map[string]string
	plan.After(t, address, "effects", &effects)
	if diff := cmp.Diff(map[string]string{"web-0": want, "web-1": want}, effects); diff != "" {
		t.Errorf("the effects that are planned (-want +got):\n%s", diff)
	}
	wantChanges := map[string]string{address: "update", readinessAddress: "update"}
	if diff := cmp.Diff(wantChanges, plan.Changes()); diff != "" {
		t.Errorf("the changes that are planned (-want +got):\n%s", diff)
	}
}

func TestAccParameter_onChange(t *testing.T) {
	t.Parallel()
	onEverySite(t, func(t *testing.T, at site) {
		values := map[string]string{"d": "1", "u": "1", "r": "1", "x": "1"}
		change := func(name, value string) acctest.Plan {
			values = maps.Clone(values)
			values[name] = value
			at.Write(mixture(values).String() + "resource \"terraform_data\" \"late\" {\n  input = \"3\"\n}\n")
			return at.Plan()
		}
		change("d", "1")
		at.ApplyPlan()
		// Whether the first values come before or after the end of the boot is nobody's promise.
		boots, _ := at.life("web-0")
		if want := []string{"1 1 1 1"}; !cmp.Equal(boots, want) {
			t.Fatalf("web-0 has booted with %q, want %q", boots, want)
		}
		before, ids := at.updates(), at.State().Members()

		expectEffects(t, change("d", `"2"`), injectionAddress("web_d"), "runs revision 4 of 4: will deliver")
		at.ApplyPlan()
		at.expectLife(t, before, "", "1 1 1 1")

		expectEffects(t, change("u", `"2"`), injectionAddress("web_u"), "runs revision 5 of 5: will deliver and update")
		at.ApplyPlan()
		at.expectLife(t, before, " u", "1 1 1 1")

		expectEffects(t, change("r", `"2"`), injectionAddress("web_r"), "runs revision 6 of 6: will deliver and restart")
		at.ApplyPlan()
		at.expectLife(t, before, " u", "1 1 1 1", "2 2 2 1")
		if diff := cmp.Diff(ids, at.State().Members()); diff != "" {
			t.Errorf("servers were replaced:\n%s", diff)
		}

		// What is only unknown replaces nobody.
		at.Write(mixture(values).String())
		at.MustRun("apply", "-auto-approve")
		values["x"] = "terraform_data.late.output"
		plan := change("x", "terraform_data.late.output")
		if got := plan.Changes()[groupAddress("web")]; got != "" {
			t.Errorf("for an unknown value, the group's plan is to %s", got)
		}
		output := at.MustRun("apply", "plan")
		if want := message("Warning: Members Keep the Former Value"); !want.MatchString(output) {
			t.Errorf("the apply doesn't say %q:\n%s", want, output)
		}
		at.expectLife(t, before, " u", "1 1 1 1", "2 2 2 1")
		plan = at.Plan()
		var reasons map[string]string
		plan.After(t, groupAddress("web"), "replacements", &reasons)
		if want := `parameter "x", whose change replaces servers, has another value`; reasons["web-0"] != want || reasons["web-1"] != want {
			t.Errorf("the next plan replaces for the reasons %q, want %q", reasons, want)
		}
		at.ApplyPlan()
		for key, id := range at.State().Members() {
			boots, _ := at.life(key)
			if want := []string{"2 2 2 3"}; id == ids[key] || !cmp.Equal(boots, want) {
				t.Errorf("%s is %s and has booted with %q, want another server than %s, and %q", key, id, boots, ids[key], want)
			}
		}
	})
}

// dial is a group that gives its parameters itself, one for each effect on servers that run, and
// a secret.
func dial(level, limit, version string) stack {
	return stack{
		configurations: []configuration{{
			name: "web", boot: `printf '%s %s %s\n' "$level" "$limit" "$token" >>boots`, update: `echo "$@" "$(muster param get level)" "$(muster param get token)" >>updates`,
			parameters: `level = { on_change = "update" }, limit = { on_change = "restart", default = "60" }, token = { sensitive = true }`,
		}},
		groups: []group{{name: "web", size: 2, arguments: fmt.Sprintf(
			"parameters = { level = %q, limit = %q }\n  parameters_wo = { token = var.password }\n  parameters_wo_version = %q", level, limit, version)}},
		extra: "variable \"password\" {\n  type      = string\n  ephemeral = true\n  sensitive = true\n}\n",
	}
}

func TestAccServerGroup_changesReachServersThatRun(t *testing.T) {
	t.Parallel()
	onEverySite(t, func(t *testing.T, at site) {
		at.Setenv("TF_VAR_password", "hush")
		plan, _ := at.Apply(dial("info", "60", "1").String())
		if plan.Changes()[groupAddress("web")] != "create" {
			t.Fatalf("the plan is to %v", plan.Changes())
		}
		ids := at.State().Members()
		both := func(text string) map[string]string { return map[string]string{"web-0": text, "web-1": text} }
		at.expectFiles(t, "boots", both("info 60 hush\n"))

		plan, _ = at.Apply(dial("debug", "60", "1").String())
		expectEffects(t, plan, groupAddress("web"), `"level" changes: will deliver and update`)
		at.expectFiles(t, "updates", both("level debug hush\n"))

		plan, _ = at.Apply(dial("debug", "90", "1").String())
		expectEffects(t, plan, groupAddress("web"), `"limit" changes: will deliver and restart`)
		at.expectFiles(t, "boots", both("info 60 hush\ndebug 90 hush\n"))

		// A secret is rotated without a replacement, and only with its version.
		at.Setenv("TF_VAR_password", "hush-hush")
		at.ExpectNothingToDo()
		plan, _ = at.Apply(dial("debug", "90", "2").String())
		expectEffects(t, plan, groupAddress("web"), `"token" changes: will deliver and update, if it differs`)
		at.expectFiles(t, "updates", both("level debug hush\ntoken debug hush-hush\n"))
		if diff := cmp.Diff(ids, at.State().Members()); diff != "" {
			t.Errorf("servers were replaced:\n%s", diff)
		}
		for _, name := range []string{"terraform.tfstate", "terraform.tfstate.backup", "plan"} {
			if strings.Contains(string(read(t, at.Path(name))), "hush") {
				t.Errorf("the secret is in %s", name)
			}
		}

		// A new server starts with all of it.
		grown := dial("debug", "90", "2").resized(map[string]int{"web": 3})
		at.Apply(grown.String())
		at.expectFiles(t, "boots", map[string]string{"web-2": "debug 90 hush-hush\n"})
	})
}

// A parameter that stops being a secret gets its next value from its injection, and no server
// waits for one that it can't get.
func TestAccParameter_stopsBeingSensitive(t *testing.T) {
	t.Parallel()
	onEverySite(t, func(t *testing.T, at site) {
		greeting := func(declared, value string) string {
			return stack{
				configurations: []configuration{{name: "web", boot: `muster param get motd >motd`, parameters: "motd = { deferred = true, required_for = \"ready\"" + declared + " }"}},
				groups:         []group{{name: "web", size: 1}},
				injections:     []injection{{into: "web.motd", arguments: value}},
			}.String()
		}
		at.Apply(greeting(", sensitive = true", "value_wo = \"hush\"\n  value_wo_version = \"1\""))
		at.expectFiles(t, "motd", map[string]string{"web-0": "hush"})
		at.Apply(greeting("", `value = "hello"`))
		at.expectFiles(t, "motd", map[string]string{"web-0": "hello"})
	})
}
