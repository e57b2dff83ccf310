//go:build linux

package local_test

import (
	"os"
	"strings"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// findSupervisor is how a script finds its supervisor, and findAgent its agent.
const (
	findSupervisor = `supervisor=$(sed -n 's/.*"pid": \([0-9]*\),/\1/p' ../process.json)` + "\n"
	findAgent      = findSupervisor + `agent=$(cat /proc/$supervisor/task/*/children)` + "\n"
)

// What a server's own scripts do ends or fails that server, and no other.
func TestServer_harms_only_itself(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		script string
		// ended is why the server ends; empty: it doesn't, and fails.
		ended, failure string
	}{
		"prints binary":   {"head -c 300000 /dev/urandom; printf '\\0\\1\\377\\n'; exit 3", "", "boot script exited with exit code 3"},
		"kills itself":    {"kill -9 $$", "", "boot script was killed by signal 9"},
		"kills its agent": {findAgent + "kill -9 $agent; sleep 1000", "its processes were killed", ""},
		"kills its supervisor": {
			// The supervisor takes a second to write down what has nothing of the server about it.
			"env -i setsid sh -c 'echo $$ >away; exec sleep 1000' & (sleep 1000 &)\n" +
				"until [ -s away ] && grep -q \"\\\"pid\\\": $(cat away),\" ../descendants.json; do sleep 0.05; done\n" +
				findSupervisor + "kill -9 $supervisor; sleep 1000",
			"its supervisor was killed", "",
		},
		"kills all of its process group": {"kill -9 0", "its processes were killed", ""},
		"ends its supervisor":            {findSupervisor + "trap '' TERM; kill $supervisor; sleep 1000", "it was terminated", ""},
		"forks away and fails":           {"(setsid sh -c 'trap \"\" TERM; while :; do sleep 1; done' &); exit 4", "", "boot script exited with exit code 4"},
		"removes its log, and makes a directory of it": {
			"rm ../console.log; mkdir ../console.log ../console.log.1; echo x; exit 5", "", "boot script exited with exit code 5",
		},
		"puts FIFOs in the place of its files": {
			"cd ..; rm -f console.log; mkfifo console.log console.log.1 report.new delivery.new restart.json ended.json.new process.json.new; exit 6",
			"", "boot script exited with exit code 6",
		},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			directory := stateDirectory(t)
			service := newService(t, directory)
			other := launch(t, service, request("true", 1))
			servers := append(launch(t, service, request(test.script, 0)), other...)
			awaitReport(t, service, servers[1], boot.StatusReady)
			if test.ended != "" {
				await(t, "the server has ended", func() bool { return list(t, service)[0].State == hosting.ServerEnded })
				if got := list(t, service)[0].EndReason; got != test.ended {
					t.Errorf("the reason is %q, want %q", got, test.ended)
				}
			} else {
				report := awaitReport(t, service, servers[0], boot.StatusFailed)
				if !strings.HasPrefix(report.Failure, test.failure) {
					t.Errorf("got %q, want %q", report.Failure, test.failure)
				}
			}
			delivery := boot.Delivery{Revision: 1, Values: map[string]boot.Value{"late": {Text: "x", Since: 1}}}
			if err := service.Deliver(t.Context(), servers, delivery); err != nil {
				t.Errorf("delivering: %v", err)
			}
			await(t, "the other server has what was delivered", func() bool {
				reports, err := service.Reports(t.Context(), servers)
				return err == nil && reports[servers[1].ID].Applied == 1
			})
			if err := service.Restart(t.Context(), servers, wantedMark); err != nil {
				t.Errorf("restarting: %v", err)
			}
			terminateAll(t, service)
			if left := marked(directory); len(left) > 0 {
				t.Errorf("the processes %v are left", left)
			}
			if entries, err := os.ReadDir(directory + "/default/servers"); err != nil || len(entries) > 0 {
				t.Errorf("%v is left (error %v)", entries, err)
			}
		})
	}
}
