package hostingtest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

// patience bounds every wait of the suite, also on a machine that is busy.
const patience = time.Minute

// configuration declares what the suite's scripts use: the deferred parameters
// needed and extra, and the output said.
func configuration(name, script string) boot.Configuration {
	deferred := func(requirement boot.Requirement) boot.Parameter {
		return boot.Parameter{Type: boot.TypeString, Deferred: true, RequiredFor: requirement}
	}
	return boot.Configuration{
		Name:       name,
		Image:      "host",
		BootScript: script,
		Parameters: map[string]boot.Parameter{
			"greeting": {Type: boot.TypeString, RequiredFor: boot.RequiredForBoot},
			"needed":   deferred(boot.RequiredForReady),
			"extra":    deferred(boot.RequiredForNothing),
		},
		Outputs: map[string]boot.Output{"said": {Type: boot.TypeString}},
	}
}

// request asks for servers that are ready once they have the parameter needed.
func request(group string, slots ...int) hosting.LaunchRequest {
	return scripted(group, `muster output set said "$greeting from $MUSTER_MEMBER"`, slots...)
}

func scripted(group, script string, slots ...int) hosting.LaunchRequest {
	return hosting.LaunchRequest{
		Group:   hosting.GroupRef{Name: group, Incarnation: "1f0e7c1d2b"},
		Attempt: 1,
		Slots:   slots,
		Payload: boot.Payload{
			Group:         group,
			Configuration: configuration("conf", script),
			Parameters:    map[string]string{"greeting": "hello"},
		},
		Fingerprint: "print",
		Restart:     "mark-0",
	}
}

// delivered returns a delivery in which the values have arrived with its revision.
func delivered(revision int, values map[string]string) boot.Delivery {
	delivery := boot.Delivery{Revision: revision, Values: map[string]boot.Value{}}
	for name, text := range values {
		delivery.Values[name] = boot.Value{Text: text, Since: revision}
	}
	return delivery
}

// launch launches, and terminates at the test's end whatever then is there.
func launch(t *testing.T, service hosting.Service, request hosting.LaunchRequest) ([]hosting.Server, error) {
	t.Helper()
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		servers, err := service.Servers(ctx, request.Group)
		if err := errors.Join(err, service.Terminate(ctx, servers)); err != nil {
			t.Errorf("terminating the servers of %q: %v", request.Group.Name, err)
		}
	})
	return service.Launch(t.Context(), request)
}

func mustLaunch(t *testing.T, service hosting.Service, request hosting.LaunchRequest) []hosting.Server {
	t.Helper()
	servers, err := launch(t, service, request)
	if err != nil {
		t.Fatal(err)
	}
	return servers
}

func mustList(t *testing.T, service hosting.Service, ref hosting.GroupRef) []hosting.Server {
	t.Helper()
	servers, err := service.Servers(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	return servers
}

// awaitReport waits until the server's report is as wanted, and returns it.
func awaitReport(t *testing.T, service hosting.Service, server hosting.Server, wanted func(boot.Report) bool) boot.Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var newest boot.Report
	err := wait.Until(ctx, service.Pace().Busy, func(ctx context.Context) (bool, error) {
		reports, err := service.Reports(ctx, []hosting.Server{server})
		newest = reports[server.ID]
		return wanted(newest), err
	})
	if err != nil {
		t.Fatalf("waiting for a report of %s: %v; the newest is %+v", server.Key(), err, newest)
	}
	return newest
}

func hasStatus(status boot.Status) func(boot.Report) bool {
	return func(report boot.Report) bool { return report.Status == status }
}

// unknown returns servers that no service knows.
func unknown() []hosting.Server {
	return []hosting.Server{{ID: "unknown"}, {ID: "srv-000000000000000000"}, {ID: "../.."}, {}}
}

func ids(servers []hosting.Server) []string {
	var list []string
	for _, server := range servers {
		list = append(list, server.ID)
	}
	return list
}

// distinct reports whether no value is empty or there twice.
func distinct(values []string) bool {
	sorted := slices.Sorted(slices.Values(values))
	return len(slices.Compact(sorted)) == len(values) && !slices.Contains(values, "")
}
