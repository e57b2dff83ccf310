package provider_test

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// balanced is examples/haproxy in a workspace.
type balanced struct {
	*acctest.Workspace
	t *testing.T
}

// plan makes a plan for so many web servers.
func (b balanced) plan(servers int) {
	b.t.Helper()
	b.Setenv("TF_VAR_web_servers", strconv.Itoa(servers))
	b.Plan()
}

// expectServers expects that so many web servers run, and the proxy.
func (b balanced) expectServers(servers int) {
	b.t.Helper()
	if got := len(acctest.Servers(b.t, b.Directory())); got != servers+1 {
		b.t.Errorf("%d servers run, want %d web servers and the proxy", got, servers)
	}
}

// shrink applies the saved plan, by which the web server with the key goes, while a request
// to it is under way, past the proxy. The server waits for the end of that one. By then the
// proxy sends nothing more to any of those that go.
func (b balanced) shrink(l *load, key string, stay ...string) {
	b.t.Helper()
	last := loadClient{address: b.address(key)}
	defer last.close()
	if err := last.connect(); err != nil {
		b.t.Fatal(err)
	}
	if err := last.send("GET / HTTP/1.1\r\n"); err != nil {
		b.t.Fatal(err)
	}
	leaving := acctest.Member(b.t, b.Directory(), key)
	var output strings.Builder
	apply := b.Command(b.t.Context(), "apply", "plan")
	apply.Stdout, apply.Stderr = &output, &output
	if err := apply.Start(); err != nil {
		b.t.Fatal(err)
	}
	leaving.AwaitReport(b.t, "decommission running")
	b.awaitAnswers(l, "5. they serve their last requests", 400, stay...)
	if err := last.send("Host: web\r\n\r\n"); err != nil {
		b.t.Error(err)
	}
	if got, err := last.receive(); err != nil || got != key {
		b.t.Errorf("the last request to %s is answered %q, %v", key, got, err)
	}
	// The one warning is Terraform's, that the provider is a build of one's own.
	if err := apply.Wait(); err != nil || strings.Count(output.String(), "Warning:") > 1 {
		b.t.Fatalf("the apply ends with %v:\n%s", err, output.String())
	}
	leaving.AwaitEnd(b.t)
	b.ExpectNothingToDo()
}

// address returns where the web server with the key is found.
func (b balanced) address(key string) string {
	b.t.Helper()
	var members map[string]struct {
		PrivateIP string `json:"private_ip"`
	}
	b.Attribute(groupAddress("web"), "members", &members)
	return members[key].PrivateIP + ":8080"
}

// awaitAnswers waits until each of the web servers, and none but them, has answered
// requests that began in the phase, and so many together.
func (b balanced) awaitAnswers(l *load, phase string, requests int, want ...string) {
	b.t.Helper()
	l.enter(phase)
	acctest.Await(b.t, "requests are answered by "+strings.Join(want, ", "), func() bool {
		answered, sum := l.answered(phase), 0
		for _, count := range answered {
			sum += count
		}
		return l.failed() || sum >= requests && len(answered) >= len(want)
	})
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(l.answered(phase)))); diff != "" {
		b.t.Errorf("%s: who answers (-want +got):\n%s", phase, diff)
	}
}

// webScript is how the example finds the boot script of its web servers.
var webScript = regexp.MustCompile(`file\("[^"]*/web\.sh"\)`)

// TestAccExamples_haproxy shows that no request fails while web servers come, go and are
// replaced behind a proxy.
func TestAccExamples_haproxy(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"haproxy", "busybox"} {
		acctest.Program(t, program)
	}
	b := balanced{acctest.NewWorkspace(t), t}
	config := exampleConfig(t, filepath.Join(examplesDirectory, "haproxy"))
	b.Write(config)
	b.plan(2)
	b.ApplyPlan()
	b.expectServers(2)

	url := b.MustRun("output", "-raw", "url")
	l := startLoad(t, strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/"), "1. two run")
	b.awaitAnswers(l, "1. two run", 2000, "web-0", "web-1")

	l.enter("2. two come")
	b.plan(4)
	b.ApplyPlan()
	b.expectServers(4)
	b.awaitAnswers(l, "3. four run", 4000, "web-0", "web-1", "web-2", "web-3")

	l.enter("4. two go")
	b.plan(2)
	b.shrink(l, "web-3", "web-0", "web-1")
	b.expectServers(2)
	b.awaitAnswers(l, "6. two are left", 2000, "web-0", "web-1")

	l.enter("7. they are replaced")
	before := acctest.IDs(t, b.Directory())
	b.Write(webScript.ReplaceAllString(config, `join("\n", [$0, "# another one"])`))
	b.plan(2)
	b.ApplyPlan()
	localSite(t, b.Workspace).expectSurvivors(t, before, "web-0", "web-1")
	b.awaitAnswers(l, "8. two others run", 2000, "web-0", "web-1")
	l.finish()

	b.MustRun("destroy", "-auto-approve")
	if left := acctest.Servers(t, b.Directory()); len(left) > 0 {
		t.Errorf("after destroy there are servers: %v", left)
	}
}
