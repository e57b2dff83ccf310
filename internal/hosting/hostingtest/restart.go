package hostingtest

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

func restartRules() rules {
	return rules{
		"a restarted server has the mark and is otherwise what it was": func(t *testing.T, service Subject) {
			servers := mustLaunch(t, service, request("web", 0, 1, 2))
			mustDeliver(t, service, servers, delivered(4, needed()))
			mustRestart(t, service, servers[:2], "mark-1")
			want := append([]hosting.Server(nil), servers...)
			for slot := range want {
				want[slot].Delivered = 4
			}
			want[0].Restart, want[1].Restart = "mark-1", "mark-1"
			if diff := cmp.Diff(want, mustList(t, service, request("web").Group)); diff != "" {
				t.Errorf("the servers (-want +got):\n%s", diff)
			}
		},
		"a repeated launch returns a restarted server as it is": func(t *testing.T, service Subject) {
			mustRestart(t, service, mustLaunch(t, service, request("web", 0)), "mark-1")
			if got := mustLaunch(t, service, request("web", 0)); len(got) != 1 || got[0].Restart != "mark-1" {
				t.Errorf("got %+v, want the restarted server", got)
			}
		},
		"a server that has ended is passed over": func(t *testing.T, service Subject) {
			servers := mustLaunch(t, service, request("web", 0, 1))
			service.EndServer(t, servers[0])
			mustRestart(t, service, servers, "mark-1")
			got := mustList(t, service, request("web").Group)
			if len(got) != 2 || got[0].State != hosting.ServerEnded || got[0].Restart != "mark-0" || got[1].Restart != "mark-1" {
				t.Errorf("got %+v, want the first one to have ended under its mark", got)
			}
		},
		"a server that is unknown is passed over": func(t *testing.T, service Subject) {
			servers := mustLaunch(t, service, request("web", 0, 1))
			mustTerminate(t, service, servers[:1])
			mustRestart(t, service, append(servers, unknown()...), "mark-1")
			if got := mustList(t, service, request("web").Group); len(got) != 1 || got[0].Restart != "mark-1" {
				t.Errorf("got %+v, want the other server to be restarted", got)
			}
		},
	}
}

// bootScript counts the boots in a file and publishes their number, and leaves a
// process behind that has gone into a session of its own. A former boot's is
// reported as "left"; another process may have its number by then, also the grep
// that looks for it.
const bootScript = `
echo boot >>boots
if [ -e detached ] && tr '\0' ' ' <"/proc/$(cat detached)/cmdline" 2>/dev/null | grep -q '[d]aemon'; then left=left; else left=gone; fi
cat >daemon <<'END'
echo $$ >"$1/detached.new" && mv "$1/detached.new" "$1/detached"
trap '' TERM HUP INT
while :; do sleep 1; done
END
rm -f detached
(setsid env -i PATH="$PATH" sh "$PWD/daemon" "$PWD" >/dev/null 2>&1 </dev/null &)
until [ -e detached ]; do sleep 0.05; done
muster output set said "$(grep -c . boots):$left:$MUSTER_SERVER_ID:$MUSTER_PRIVATE_IP:$(muster param get needed)"
`

// booted waits until the server is ready and returns its report and what
// bootScript has published, without the server's ID and address, which are
// checked.
func booted(t *testing.T, service Subject, server hosting.Server) (report boot.Report, said string) {
	t.Helper()
	report = awaitReport(t, service, server, hasStatus(boot.StatusReady))
	said = report.Outputs["said"]
	identity := ":" + server.ID + ":" + server.Facts.PrivateIP + ":"
	if !strings.Contains(said, identity) {
		t.Errorf("published %q, want it to hold %q", said, identity)
	}
	return report, strings.Replace(said, identity, ":", 1)
}

func rebootRules() rules {
	return rules{
		"the boot script runs again with its files, facts and what was delivered": func(t *testing.T, service Subject) {
			server := mustLaunch(t, service, scripted("web", bootScript, 0))[0]
			mustDeliver(t, service, []hosting.Server{server}, delivered(3, needed()))
			first, said := booted(t, service, server)
			if said != "1:gone:value" {
				t.Errorf("the first boot said %q", said)
			}
			mustRestart(t, service, []hosting.Server{server}, "mark-1")
			second, said := booted(t, service, server)
			if said != "2:gone:value" || second.Applied != 3 {
				t.Errorf("the second boot said %q and has applied %d, want every process of the first to be gone, and 3", said, second.Applied)
			}
			if first.Boot == second.Boot {
				t.Errorf("both boots are called %q", first.Boot)
			}
		},
		"what was reported before is unknown": func(t *testing.T, service Subject) {
			server := mustLaunch(t, service, scripted("web", "if [ -e was_here ]; then sleep 1000; fi; touch was_here", 0))[0]
			mustDeliver(t, service, []hosting.Server{server}, delivered(3, needed()))
			former := awaitReport(t, service, server, hasStatus(boot.StatusReady))
			mustRestart(t, service, []hosting.Server{server}, "mark-1")
			reports, err := service.Reports(t.Context(), []hosting.Server{server})
			if report, found := reports[server.ID]; err != nil || found && (report.Boot == former.Boot || report.Status == boot.StatusReady) {
				t.Errorf("got %+v and error %v, want nothing of the former boot", report, err)
			}
			awaitReport(t, service, server, hasStatus(boot.StatusBooting))
		},
		"a repeated restart under the same mark does nothing":         repeatRestart,
		"restarts under one mark at the same time boot a server once": concurrentRestart,
		"a server launched under a mark needs no restart": func(t *testing.T, service Subject) {
			wanted := scripted("web", bootScript, 0)
			wanted.Delivery = delivered(1, needed())
			server := mustLaunch(t, service, wanted)[0]
			first, _ := booted(t, service, server)
			mustRestart(t, service, []hosting.Server{server}, wanted.Restart)
			wantBoot(t, service, server, first.Boot)
		},
		"a server whose script hangs or has failed is restarted too": func(t *testing.T, service Subject) {
			const script = `echo x >>boots; case $(grep -c . boots) in 1) exit 3 ;; 2) trap '' TERM; muster output set said hanging; while :; do sleep 1; done ;; esac`
			wanted := scripted("web", script, 0)
			wanted.Delivery = delivered(1, needed())
			servers := mustLaunch(t, service, wanted)
			awaitReport(t, service, servers[0], hasStatus(boot.StatusFailed))
			mustRestart(t, service, servers, "mark-1")
			awaitReport(t, service, servers[0], func(report boot.Report) bool { return report.Outputs["said"] == "hanging" })
			mustRestart(t, service, servers, "mark-2")
			awaitReport(t, service, servers[0], hasStatus(boot.StatusReady))
		},
	}
}

func repeatRestart(t *testing.T, service Subject) {
	wanted := scripted("web", bootScript, 0)
	wanted.Delivery = delivered(1, needed())
	servers := mustLaunch(t, service, wanted)
	booted(t, service, servers[0])
	mustRestart(t, service, servers, "mark-1")
	second, said := booted(t, service, servers[0])
	mustRestart(t, service, servers, "mark-1")
	wantBoot(t, service, servers[0], second.Boot)
	mustRestart(t, service, servers, "mark-2")
	if _, again := booted(t, service, servers[0]); said != "2:gone:value" || again != "3:gone:value" {
		t.Errorf("the boots said %q and %q, want the second and the third", said, again)
	}
}

func concurrentRestart(t *testing.T, service Subject) {
	wanted := scripted("web", bootScript, 0)
	wanted.Delivery = delivered(1, needed())
	servers := mustLaunch(t, service, wanted)
	booted(t, service, servers[0])
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if err := service.Restart(t.Context(), servers, "mark-1"); err != nil {
				t.Errorf("restarting: %v", err)
			}
		})
	}
	group.Wait()
	if _, said := booted(t, service, servers[0]); said != "2:gone:value" {
		t.Errorf("the boot said %q, want it to be the second", said)
	}
}

func mustRestart(t *testing.T, service Subject, servers []hosting.Server, mark string) {
	t.Helper()
	if err := service.Restart(t.Context(), servers, mark); err != nil {
		t.Fatal(err)
	}
}

// wantBoot fails the test unless the server's newest report is of that boot.
func wantBoot(t *testing.T, service Subject, server hosting.Server, want string) {
	t.Helper()
	reports, err := service.Reports(t.Context(), []hosting.Server{server})
	if got := reports[server.ID].Boot; err != nil || got != want {
		t.Errorf("the newest report is of boot %q (error %v), want %q", got, err, want)
	}
}
