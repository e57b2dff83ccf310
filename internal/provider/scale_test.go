package provider_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// pair is a target "web" that follows the addresses of all members of a source
// "db": each of its members keeps what it has got last in the file "seen".
func pair(db, web int) stack {
	const note = `muster param get hosts >seen.new && mv seen.new seen`
	return stack{
		configurations: []configuration{
			{name: "db", boot: `true`, outputs: `token = {}`},
			{name: "web", boot: note, update: note, parameters: `hosts = { deferred = true }`},
		},
		groups:     []group{{name: "db", size: db}, {name: "web", size: web}},
		injections: []injection{{into: "web.hosts", from: []string{"db.private_ip"}, arguments: `select = "all"`}},
	}
}

// all is what is planned when the membership of both groups of a pair changes:
// injection and readiness take the groups' handles.
func all() map[string]string {
	return map[string]string{
		groupAddress("db"): "update", groupAddress("web"): "update",
		injectionAddress("web_hosts"): "update", readinessAddress: "update",
	}
}

// except returns the changes without those of the groups.
func except(changes map[string]string, groups ...string) map[string]string {
	for _, group := range groups {
		delete(changes, groupAddress(group))
	}
	return changes
}

func expectChanges(t *testing.T, plan acctest.Plan, want map[string]string) {
	t.Helper()
	if diff := cmp.Diff(want, plan.Changes()); diff != "" {
		t.Errorf("planned changes (-want +got):\n%s", diff)
	}
}

// expectDelivered expects that every server of web has the addresses of all
// members of db, as the state has them.
func (s site) expectDelivered(t *testing.T) {
	t.Helper()
	var members map[string]struct {
		PrivateIP string `json:"private_ip"`
	}
	s.Attribute(groupAddress("db"), "members", &members)
	var addresses []string
	for _, key := range slices.Sorted(maps.Keys(members)) {
		addresses = append(addresses, members[key].PrivateIP)
	}
	s.expectSeen(t, strings.Join(addresses, ","))
}

// expectSeen expects that every server of web has seen that.
func (s site) expectSeen(t *testing.T, want string) {
	t.Helper()
	for key := range s.running() {
		if !strings.HasPrefix(key, "web-") {
			continue
		}
		if got := s.file(key, "seen"); got != want {
			t.Errorf("%s has seen %q, want %q", key, got, want)
		}
	}
}

// expectSurvivors expects that the servers of before still run, but for the keys.
func (s site) expectSurvivors(t *testing.T, before map[string]string, gone ...string) {
	t.Helper()
	now := s.running()
	for key, id := range before {
		if replaced := now[key] != id; replaced != slices.Contains(gone, key) {
			t.Errorf("%s: was %s, is %s", key, id, now[key])
		}
	}
}

func TestAccServerGroup_scales(t *testing.T) {
	t.Parallel()
	onEverySite(t, func(t *testing.T, at site) {
		at.Apply(pair(1, 1).String())
		at.expectDelivered(t)
		steps := []struct {
			name    string
			db, web int
			want    map[string]string
			gone    []string
		}{
			{name: "the source grows", db: 3, web: 1, want: except(all(), "web")},
			{name: "the target grows", db: 3, web: 2, want: except(all(), "db")},
			{name: "both grow", db: 4, web: 3, want: all()},
			{name: "both shrink", db: 2, web: 1, want: all(), gone: []string{"db-2", "db-3", "web-1", "web-2"}},
			{name: "nobody is left to deliver to", db: 3, web: 0, want: all(), gone: []string{"web-0"}},
			{name: "the target begins anew", db: 3, web: 2, want: except(all(), "db")},
		}
		for _, step := range steps {
			before := at.running()
			plan, _ := at.Apply(pair(step.db, step.web).String())
			t.Log(step.name)
			at.ExpectNothingToDo("-refresh=false")
			expectChanges(t, plan, step.want)
			at.expectSurvivors(t, before, step.gone...)
			at.expectDelivered(t)
			if got := len(at.running()); got != step.db+step.web {
				t.Errorf("%d servers run, want %d", got, step.db+step.web)
			}
		}
	})
}

func TestAccServerGroup_sourceScaledToZero(t *testing.T) {
	t.Parallel()
	onEverySite(t, func(t *testing.T, at site) {
		at.Apply(pair(2, 1).String())
		before := at.file("web-0", "seen")
		plan, output := at.Apply(pair(0, 1).String())
		expectChanges(t, plan, except(all(), "web"))
		if want := message(`Warning: Nothing to Deliver`); !want.MatchString(output) {
			t.Errorf("the apply prints no warning:\n%s", output)
		}
		if want := message(`server group "db" has no servers`); !want.MatchString(strings.ToLower(output)) {
			t.Errorf("the warning doesn't say why:\n%s", output)
		}
		at.expectSeen(t, before)
		at.Apply(pair(1, 1).String())
		at.expectDelivered(t)
	})
}

// What hangs on a survivor's output must not be replaced because of a new member,
// neither of its own group nor of one that feeds it.
func TestAccServerReadiness_scaleOutTriggersNothing(t *testing.T) {
	t.Parallel()
	const publish = `muster output set token "token-of-$MUSTER_MEMBER"`
	fed := pair(1, 1)
	for i := range fed.configurations {
		fed.configurations[i].boot += "\n" + publish
		fed.configurations[i].outputs = `token = {}`
	}
	for _, key := range []string{"db-0", "web-0"} {
		fed.extra += fmt.Sprintf(`
resource "terraform_data" %[2]q {
  input            = %[1]s.outputs[%[2]q]["token"]
  triggers_replace = %[1]s.outputs[%[2]q]
}
`, readinessAddress, key)
	}
	w := acctest.NewWorkspace(t)
	w.Apply(fed.String())
	want := map[string]map[string]string{"db-0": {"token": "token-of-db-0"}, "web-0": {"token": "token-of-web-0"}}
	for _, grown := range []struct{ group, other string }{{"db", "web"}, {"web", "db"}} {
		fed = fed.resized(map[string]int{grown.group: 2})
		plan, _ := w.Apply(fed.String())
		expectChanges(t, plan, except(all(), grown.other))
		want[grown.group+"-1"] = map[string]string{"token": "token-of-" + grown.group + "-1"}
		var got map[string]map[string]string
		w.Attribute(readinessAddress, "outputs", &got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("outputs after %s has grown (-want +got):\n%s", grown.group, diff)
		}
	}
}
