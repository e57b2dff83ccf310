package manager_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/hostingfake"
	"github.com/musterhq/terraform-provider-muster/internal/manager"
)

// reticent is a hosting service that knows no token without asking.
type reticent struct{ *hostingfake.Service }

func (r reticent) LastReports(ctx context.Context, servers []hosting.Server) (map[string]boot.Report, error) {
	reports, err := r.Service.LastReports(ctx, servers)
	for _, report := range reports {
		delete(report.Outputs, "token")
	}
	return reports, err
}

func TestPublishedOutput(t *testing.T) {
	t.Parallel()
	publishing := hostingfake.DefaultBehavior()
	failing := hostingfake.Behavior{Boot: time.Second, BootExit: 7, Log: "no disk"}
	tests := map[string]struct {
		behavior    hostingfake.Behavior
		key, output string
		want        string
		// asked is how often servers were asked.
		asked int
		err   string
	}{
		"of the member in the lowest slot":        {behavior: publishing, output: "port", want: "web-0 port"},
		"of the member that is named":             {behavior: publishing, key: "web-2", output: "port", want: "web-2 port"},
		"a secret is asked for":                   {behavior: publishing, output: "token", want: "web-0 token", asked: 1},
		"a fact is asked of nobody":               {behavior: failing, key: "web-1", output: "private_ip", want: "10.0.0.2"},
		"a fact that the server doesn't have":     {behavior: publishing, output: "public_ip", err: "web-0 has no public_ip"},
		"of a member that there isn't":            {behavior: publishing, key: "web-3", output: "port", err: `server group "web" has no member "web-3"; there are: web-0 to web-2`},
		"of a server that boots":                  {behavior: hostingfake.Behavior{Boot: 24 * time.Hour}, output: "port", asked: 1, err: `web-0 has not published its output "port"; its status is: booting`},
		"of a server that has not said a word":    {behavior: hostingfake.Behavior{Start: 24 * time.Hour}, output: "port", asked: 1, err: `web-0 has not published its output "port"; its status is: unknown`},
		"of a server that publishes nothing":      {output: "port", asked: 1, err: `web-0 has not published its output "port"; its status is: ready`},
		"of a server that has failed":             {behavior: failing, output: "port", asked: 1, err: "web-0: boot script exited with exit code 7; the end of its log:\n  no disk"},
		"of a server that has ended":              {behavior: hostingfake.Behavior{Lifetime: time.Minute}, key: "web-1", output: "port", err: "web-1: its server has ended: its processes have ended"},
		"of any server where all have ended":      {behavior: hostingfake.Behavior{Lifetime: time.Minute}, output: "id", err: "web-0: its server has ended: its processes have ended"},
		"of a member whose key is another's name": {behavior: publishing, key: "db-0", output: "port", err: `server group "web" has no member "db-0"; there are: web-0 to web-2`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDraining(t, test.behavior)
				service := d.world.Connect()
				m := manager.New(manager.Options{Service: reticent{service}, Now: time.Now})
				got, err := m.PublishedOutput(t.Context(), d.ref, test.key, test.output)
				text := ""
				if err != nil {
					text = err.Error()
				}
				if diff := cmp.Diff(test.err, text); diff != "" {
					t.Errorf("error (-want +got):\n%s", diff)
				}
				if got.Value != test.want || test.err == "" && test.key != "" && got.Member != test.key {
					t.Errorf("got %+v, want %q of %s", got, test.want, test.key)
				}
				if asked := service.Count("Reports"); asked != test.asked {
					t.Errorf("servers were asked %d times, want %d", asked, test.asked)
				}
			})
		})
	}
}

func TestPublishedOutput_withoutMembers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDraining(t, hostingfake.DefaultBehavior())
		if _, _, err := d.change(t.Context(), func(spec *manager.GroupSpec) { spec.Size = 0 }); err != nil {
			t.Fatal(err)
		}
		_, err := d.nextRun().PublishedOutput(t.Context(), d.ref, "", "port")
		if _, ok := errors.AsType[*manager.UnknownMemberError](err); !ok || err.Error() != `server group "web" has no members` {
			t.Errorf("of an empty group: %v", err)
		}
		other := d.ref
		other.Incarnation = "another"
		if _, err := d.nextRun().PublishedOutput(t.Context(), other, "", "port"); !errors.Is(err, hosting.ErrNotFound) {
			t.Errorf("of another incarnation: %v", err)
		}
	})
}
