//go:build linux

package local_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/local"
)

// countedScript publishes how often it has been started. The server takes its
// grace to end.
const countedScript = `trap '' TERM
(while :; do sleep 1; done) &
echo boot >>boots
muster output set said "$(grep -c . boots)"`

const wantedMark = "mark-1"

// restartFromOutside is what another process, which may be killed, does.
func restartFromOutside(ctx context.Context, service *local.Service, _ string) error {
	servers, err := service.Servers(ctx, group())
	if err != nil {
		return err
	}
	return service.Restart(ctx, servers, wantedMark)
}

func awaitBoots(t *testing.T, service *local.Service, server hosting.Server, want string) {
	t.Helper()
	var said string
	await(t, "its boot script has run "+want+" times", func() bool {
		reports, err := service.Reports(t.Context(), []hosting.Server{server})
		if err != nil {
			t.Fatal(err)
		}
		report := reports[server.ID]
		said = report.Outputs["said"]
		return report.Status == boot.StatusReady && said == want
	})
}

// restartSteps are the moments of a restart that can be seen from outside.
func restartSteps() map[string]func(directory string, server hosting.Server) bool {
	fileHas := func(name, text string) func(string, hosting.Server) bool {
		return func(directory string, server hosting.Server) bool {
			content, _ := os.ReadFile(serverPath(directory, server, name))
			return strings.Contains(string(content), text)
		}
	}
	return map[string]func(string, hosting.Server) bool{
		"when it has begun":               fileHas("process.json", "pid"),
		"when the request is written":     fileHas("restart.json", wantedMark),
		"when the mark has been recorded": fileHas("process.json", wantedMark),
		"when the former report is gone": func(directory string, server hosting.Server) bool {
			_, err := os.Lstat(serverPath(directory, server, "report"))
			return errors.Is(err, os.ErrNotExist)
		},
	}
}

// launchCounted launches a server that counts its boots, and waits for the first.
func launchCounted(t *testing.T) (directory string, service *local.Service, server hosting.Server) {
	t.Helper()
	directory = stateDirectory(t)
	service = newService(t, directory)
	server = launch(t, service, request(countedScript, 0))[0]
	awaitBoots(t, service, server, "1")
	return directory, service, server
}

func TestService_Restart_is_done_once_whenever_its_caller_is_killed(t *testing.T) {
	t.Parallel()
	for name, reached := range restartSteps() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			directory, service, server := launchCounted(t)
			caller := childCommand(t, "restart", directory)
			if err := caller.Start(); err != nil {
				t.Fatal(err)
			}
			await(t, name, func() bool { return reached(directory, server) })
			_ = caller.Process.Kill()
			_ = caller.Wait()
			mustRestart(t, service, []hosting.Server{server})
			awaitBoots(t, service, server, "2")
			if got := list(t, service)[0]; got.State != hosting.ServerRunning || got.Restart != wantedMark {
				t.Errorf("got %+v, want it to run under the mark", got)
			}
		})
	}
}

func TestService_Restart_takes_no_dead_server_for_a_running_one(t *testing.T) {
	t.Parallel()
	for name, reached := range restartSteps() {
		t.Run("its supervisor is killed "+name, func(t *testing.T) {
			t.Parallel()
			directory, service, server := launchCounted(t)
			supervisor := supervisorOf(t, directory, server)
			restarted := make(chan error, 1)
			go func() { restarted <- service.Restart(t.Context(), []hosting.Server{server}, wantedMark) }()
			await(t, name, func() bool { return reached(directory, server) })
			kill(t, supervisor, syscall.SIGKILL)
			if err := <-restarted; err != nil {
				t.Errorf("restarting a server that ends: %v", err)
			}
			await(t, "the server counts as ended", func() bool { return list(t, service)[0].State == hosting.ServerEnded })
			mustRestart(t, service, []hosting.Server{server})
			if got := list(t, service)[0]; got.State != hosting.ServerEnded || got.EndReason != "its supervisor was killed" {
				t.Errorf("got %+v, want the server to have ended", got)
			}
			terminateAll(t, service)
			if left := marked(serverPath(directory, server)); len(left) > 0 {
				t.Errorf("the processes %v are left", left)
			}
		})
	}
}

func mustRestart(t *testing.T, service *local.Service, servers []hosting.Server) {
	t.Helper()
	if err := service.Restart(t.Context(), servers, wantedMark); err != nil {
		t.Fatal(err)
	}
}

func TestService_Terminate_ends_a_server_that_is_being_restarted(t *testing.T) {
	t.Parallel()
	for name, reached := range restartSteps() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			directory, service, server := launchCounted(t)
			restarted := make(chan error, 1)
			go func() { restarted <- service.Restart(t.Context(), []hosting.Server{server}, wantedMark) }()
			await(t, name, func() bool { return reached(directory, server) })
			if err := service.Terminate(t.Context(), []hosting.Server{server}); err != nil {
				t.Error(err)
			}
			if err := <-restarted; err != nil {
				t.Errorf("restarting a server that is terminated: %v", err)
			}
			if left := marked(serverPath(directory, server)); len(left) > 0 {
				t.Errorf("the processes %v are left", left)
			}
		})
	}
}

func TestSupervisor_restarts_its_server_on_SIGHUP(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		script string
		hangup func(t *testing.T, directory string, server hosting.Server)
	}{
		"from outside": {countedScript, func(t *testing.T, directory string, server hosting.Server) {
			kill(t, supervisorOf(t, directory, server), syscall.SIGHUP)
		}},
		"from inside": {countedScript + `
if [ "$(grep -c . boots)" = 1 ]; then
	until [ -e ../go ]; do sleep 0.05; done
	kill -HUP "$(sed -n 's/.*"pid": \([0-9]*\),/\1/p' ../process.json)"
fi`, func(t *testing.T, directory string, server hosting.Server) {
			if err := os.WriteFile(serverPath(directory, server, "go"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			directory := stateDirectory(t)
			service := newService(t, directory)
			wanted := request(test.script, 0)
			wanted.Restart = wantedMark
			server := launch(t, service, wanted)[0]
			supervisor := supervisorOf(t, directory, server)
			await(t, "the first boot", func() bool {
				reports, _ := service.Reports(t.Context(), []hosting.Server{server})
				return reports[server.ID].Outputs["said"] == "1"
			})
			test.hangup(t, directory, server)
			awaitBoots(t, service, server, "2")
			got := list(t, service)[0]
			if got.State != hosting.ServerRunning || got.Restart != wantedMark || got.Facts != server.Facts {
				t.Errorf("got %+v, want what was launched: %+v", got, server)
			}
			if supervisorOf(t, directory, server) != supervisor {
				t.Error("the server has another supervisor")
			}
		})
	}
}

func TestSupervisor_restarts_its_server_also_where_the_signal_was_lost(t *testing.T) {
	t.Parallel()
	directory := stateDirectory(t)
	service := newService(t, directory)
	server := launch(t, service, request(countedScript, 0))[0]
	awaitBoots(t, service, server, "1")
	damaged := serverPath(directory, server, "restart.json")
	if err := os.WriteFile(damaged, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	path := serverPath(directory, server, "asked")
	text := `{"version": 1, "content": {"mark": "` + wantedMark + `"}}`
	if err := errors.Join(os.WriteFile(path, []byte(text), 0o600), os.Rename(path, damaged)); err != nil {
		t.Fatal(err)
	}
	awaitBoots(t, service, server, "2")
	if got := list(t, service)[0].Restart; got != wantedMark {
		t.Errorf("got the mark %q, want %q", got, wantedMark)
	}
}

func TestService_Restart_honours_its_context(t *testing.T) {
	t.Parallel()
	directory := stateDirectory(t)
	service := newService(t, directory)
	servers := launch(t, service, request(countedScript, 0))
	awaitBoots(t, service, servers[0], "1")
	supervisor := supervisorOf(t, directory, servers[0])
	kill(t, supervisor, syscall.SIGSTOP)
	ctx, cancel := context.WithCancel(t.Context())
	restarted := make(chan error, 1)
	go func() { restarted <- service.Restart(ctx, servers, wantedMark) }()
	await(t, "the request is written", func() bool { return restartSteps()["when the request is written"](directory, servers[0]) })
	cancel()
	if err := <-restarted; !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "restarting web-0") {
		t.Errorf("got %v, want context.Canceled for web-0", err)
	}
	kill(t, supervisor, syscall.SIGCONT)
	awaitBoots(t, service, servers[0], "2")
}

// TestService_Restart_keeps_what_was_printed also shows that the log's limit
// holds over boots.
func TestService_Restart_keeps_what_was_printed(t *testing.T) {
	t.Parallel()
	directory := stateDirectory(t)
	service := newService(t, directory)
	servers := launch(t, service, request("echo x >>boots; echo this is boot \"$(grep -c . boots)\"", 0))
	awaitReport(t, service, servers[0], boot.StatusReady)
	mustRestart(t, service, servers)
	awaitReport(t, service, servers[0], boot.StatusReady)
	content, err := os.ReadFile(serverPath(directory, servers[0], "console.log"))
	if got := string(content); err != nil || !strings.Contains(got, "this is boot 1\nthis is boot 2\n") {
		t.Errorf("the log holds %q (error %v), want both boots", got, err)
	}
}

func TestService_Restart_ends_a_server_that_can_not_boot_again(t *testing.T) {
	t.Parallel()
	directory := stateDirectory(t)
	service := newService(t, directory)
	servers := launch(t, service, request("true", 0))
	awaitReport(t, service, servers[0], boot.StatusReady)
	// The agent is gone: its shell ends at once.
	if err := os.Remove(serverPath(directory, servers[0], "agent.sh")); err != nil {
		t.Fatal(err)
	}
	mustRestart(t, service, servers)
	await(t, "the server has ended", func() bool { return list(t, service)[0].State == hosting.ServerEnded })
	if got := list(t, service)[0].EndReason; !strings.HasPrefix(got, "its agent ended with exit code") {
		t.Errorf("the reason is %q, want it to name the agent", got)
	}
}

func TestService_Restart_makes_what_the_scripts_have_removed(t *testing.T) {
	t.Parallel()
	victim := t.TempDir()
	// What the agent clears away, and what it is woken by.
	for _, name := range []string{"bin", "wake"} {
		if err := os.WriteFile(filepath.Join(victim, name), []byte("precious"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cases := map[string]string{
		"its home directory": `rm -rf "$MUSTER_HOME"`,
		"its home directory, for a link that leads nowhere": `rm -rf "$MUSTER_HOME"; ln -s /nowhere "$MUSTER_HOME"`,
		"the agent's directory":                             `mv "$MUSTER_RUN" ../moved`,
		"the agent's directory, for a link":                 `mv "$MUSTER_RUN" ../moved; ln -s ` + victim + ` "$MUSTER_RUN"`,
		"the agent's directory, for a file":                 `mv "$MUSTER_RUN" ../moved; : >"$MUSTER_RUN"`,
		"the report, for a directory":                       `cd ..; rm report; mkdir -p report/x report.new/x`,
	}
	for name, harm := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			directory := stateDirectory(t)
			service := newService(t, directory)
			script := `[ ! -e ../harmed ] || exit 0; ` + harm + `; cd /; : >"${MUSTER_RUN%/*}/harmed"; sleep 1000`
			servers := launch(t, service, request(script, 0))
			await(t, "the harm is done", func() bool {
				_, err := os.Lstat(serverPath(directory, servers[0], "harmed"))
				return err == nil
			})
			delivery := boot.Delivery{Revision: 1, Values: map[string]boot.Value{"late": {Text: "x", Since: 1}}}
			if err := service.Deliver(t.Context(), servers, delivery); err != nil {
				t.Errorf("delivering: %v", err)
			}
			mustRestart(t, service, servers)
			if report := awaitReport(t, service, servers[0], boot.StatusReady); report.Applied != 1 {
				t.Errorf("applied %d, want 1", report.Applied)
			}
			for _, name := range []string{"bin", "wake"} {
				// A FIFO in its place would keep its reader.
				info, err := os.Lstat(filepath.Join(victim, name))
				if err != nil || !info.Mode().IsRegular() || info.Size() != int64(len("precious")) {
					t.Errorf("what the link led to was harmed: %s is %v, error %v", name, info, err)
				}
			}
		})
	}
}

// A supervisor that was started by a shell would be hung up with its terminal.
func TestSupervisor_has_a_session_of_its_own(t *testing.T) {
	t.Parallel()
	directory := stateDirectory(t)
	service := newService(t, directory)
	server := launch(t, service, request("true", 0))[0]
	supervisor := supervisorOf(t, directory, server)
	if session, err := unix.Getsid(supervisor); err != nil || session != supervisor {
		t.Errorf("the session is %d (error %v), want its own, %d", session, err, supervisor)
	}
}
