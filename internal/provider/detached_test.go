package provider_test

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/leftover"
)

// A process that has left its session, its parents and its environment behind is
// ended all the same.
func TestAccServerGroup_detachedProcessIsEnded(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	detached := stack{
		configurations: []configuration{{name: "web", boot: `
setsid env -i PATH="$PATH" sh -c '( (echo $$ >parent; sleep 1000 & echo $! >pid.new; mv pid.new pid) & )' </dev/null >/dev/null 2>&1 &
wait
until [ -e pid ]; do :; done
`}},
		groups: []group{{name: "web", size: 1}},
	}
	w.Apply(detached.String())
	server := acctest.Member(t, w.Directory(), "web-0")
	pid, err := strconv.Atoi(strings.TrimSpace(server.File(t, "pid")))
	if err != nil {
		t.Fatal(err)
	}
	if !leftover.Running(pid) {
		t.Fatal("the detached process doesn't run")
	}
	if environment, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ"); strings.Contains(string(environment), "MUSTER") {
		t.Fatalf("its environment names the server: %q", environment)
	}
	w.MustRun("destroy", "-auto-approve")
	if leftover.Running(pid) || leftover.Running(server.PID) {
		t.Error("after the destroy, the detached process or its server runs")
	}
}
