package scalingpolicy_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/musterhq/terraform-provider-muster/internal/manager"
	"github.com/musterhq/terraform-provider-muster/internal/metric"
	"github.com/musterhq/terraform-provider-muster/internal/provider/scalingpolicy"
)

// world is a manager and a metric source whose facts a test sets.
type world struct {
	mu       sync.Mutex
	basis    manager.Basis
	basisErr error
	value    float64
	err      error
	drift    float64
	fetches  int
	// looks counts the looks at the group.
	looks int
	// unnamed: the names of the sources aren't known; unknown: the source isn't.
	unnamed, unknown bool
	// clock is the manager's; nil: the real one.
	clock func() time.Time
	// cloudwatch is the source on CloudWatch; nil: there is none.
	cloudwatch metric.Source
}

func (w *world) set(change func(*world)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(w)
}

func (w *world) runs(servers int) func() {
	return func() {
		w.set(func(w *world) {
			w.basis = manager.Basis{Exists: true, Group: "web", Intended: servers, InService: servers}
		})
	}
}

func (w *world) Basis(_ context.Context, configuration, group string) (manager.Basis, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.looks++
	if w.basisErr != nil {
		return manager.Basis{}, w.basisErr
	}
	if configuration != "web" || group != "" && group != w.basis.Group {
		return manager.Basis{}, nil
	}
	return w.basis, nil
}

func (w *world) Sources() map[string]metric.Source {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.unnamed:
		return nil
	case w.unknown:
		return map[string]metric.Source{"api": nil, metric.CloudWatchSource: nil}
	case w.cloudwatch != nil:
		return map[string]metric.Source{"api": w, metric.CloudWatchSource: w.cloudwatch}
	}
	return map[string]metric.Source{"api": w}
}

// Now differs from call to call, as clocks do.
func (w *world) Now() time.Time {
	if w.clock != nil {
		return w.clock()
	}
	return time.Now()
}

func (w *world) Check(query metric.Query) error {
	if query.Path == ".." {
		return &metric.QueryError{Field: "path", Message: "leads out"}
	}
	return nil
}

func (w *world) Fetch(_ context.Context, queries []metric.Query) []metric.Result {
	w.mu.Lock()
	defer w.mu.Unlock()
	results := make([]metric.Result, len(queries))
	for i := range queries {
		w.fetches++
		if w.err != nil {
			results[i].Err = w.err
			continue
		}
		w.value += w.drift
		results[i].Samples = []metric.Sample{{At: w.Now(), Value: w.value}}
	}
	return results
}

// stage is a provider of nothing but the policy, in a world of its own.
type stage struct{ world *world }

func (s *stage) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "muster"
}

func (s *stage) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse) {}

func (s *stage) Configure(_ context.Context, _ provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	resp.ResourceData = s.world
}

func (s *stage) DataSources(context.Context) []func() datasource.DataSource { return nil }

func (s *stage) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{scalingpolicy.New}
}

func factories(w *world) map[string]func() (tfprotov6.ProviderServer, error) {
	return map[string]func() (tfprotov6.ProviderServer, error){
		"muster": providerserver.NewProtocol6WithError(&stage{world: w}),
	}
}

const address = "muster_scaling_policy.web"

// config returns a policy with the arguments.
func config(arguments string) string {
	return fmt.Sprintf("resource \"muster_scaling_policy\" \"web\" {\n  server_configuration = \"web\"\n%s\n}\n", arguments)
}

// requests returns a policy of 1000 requests per server.
func requests(minServers, maxServers int, extra string) string {
	return config(fmt.Sprintf(`
  min_servers = %d
  max_servers = %d
  signals     = { requests = { source = "api", path = "load", value = "requests" } }
  rules       = { load = { target = { signal = "requests", target_value = 1000 } } }
  %s`, minServers, maxServers, extra))
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return &world{}
}
