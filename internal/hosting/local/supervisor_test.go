//go:build linux

package local_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/local"
)

// nastyScript starts processes that try everything to get away: they fork
// twice, begin sessions of their own, clear their environment, leave their
// directory, close their output and ignore every signal that they can.
const nastyScript = `
mark=$PWD/nasty
cat >daemon <<'END'
trap '' TERM INT HUP
cd /
exec >/dev/null 2>&1 </dev/null
# Loops rather than sleeps: each second it is another process below.
while :; do /bin/sleep 1; done
END
env -i /usr/bin/setsid -f /bin/sh "$PWD/daemon" "$mark"
(setsid env -i sh "$PWD/daemon" "$mark" & ) &
trap '' TERM
muster output set said "$mark"
sh "$PWD/daemon" "$mark" &
while :; do sleep 60; done
`

// launchNasty returns a nasty server whose processes all run, and their mark.
func launchNasty(t *testing.T, service *local.Service) (hosting.Server, string) {
	t.Helper()
	server := launch(t, service, request(nastyScript, 0))[0]
	var mark string
	await(t, "the nasty processes run", func() bool {
		reports, err := service.Reports(t.Context(), []hosting.Server{server})
		if err != nil {
			t.Fatal(err)
		}
		mark = reports[server.ID].Outputs["said"]
		return mark != "" && len(marked(mark)) >= 3
	})
	return server, mark
}

func TestService_Terminate_ends_whatever_tries_to_get_away(t *testing.T) {
	t.Parallel()
	service := newService(t, stateDirectory(t))
	server, mark := launchNasty(t, service)
	if err := service.Terminate(t.Context(), []hosting.Server{server}); err != nil {
		t.Fatal(err)
	}
	if left := marked(mark); len(left) > 0 {
		t.Errorf("the processes %v are left", left)
	}
}

func TestService_Terminate_ends_what_a_killed_supervisor_has_left(t *testing.T) {
	t.Parallel()
	directory := stateDirectory(t)
	service := newService(t, directory)
	server, mark := launchNasty(t, service)
	supervisor := supervisorOf(t, directory, server)
	await(t, "the supervisor has recorded all of them", func() bool {
		content, _ := os.ReadFile(serverPath(directory, server, "descendants.json"))
		return strings.Count(string(content), `"pid"`) >= len(below(supervisor))
	})
	if err := syscall.Kill(supervisor, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	await(t, "the server has ended", func() bool { return list(t, service)[0].State == hosting.ServerEnded })
	if got, want := list(t, service)[0].EndReason, "its supervisor was killed"; got != want {
		t.Errorf("the reason is %q, want %q", got, want)
	}
	if len(marked(mark)) < 3 {
		t.Error("nothing was left to be ended")
	}
	if err := service.Terminate(t.Context(), []hosting.Server{server}); err != nil {
		t.Fatal(err)
	}
	if left := marked(mark); len(left) > 0 {
		t.Errorf("the processes %v are left", left)
	}
}

func TestService_Terminate_kills_a_supervisor_that_hangs(t *testing.T) {
	t.Parallel()
	directory := stateDirectory(t)
	service := newService(t, directory)
	server := launch(t, service, request("sleep 1000", 0))[0]
	awaitReport(t, service, server, boot.StatusBooting)
	if err := syscall.Kill(supervisorOf(t, directory, server), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if err := service.Terminate(t.Context(), []hosting.Server{server}); err != nil {
		t.Fatal(err)
	}
	if left := marked(serverPath(directory, server)); len(left) > 0 {
		t.Errorf("the processes %v are left", left)
	}
}

func TestService_Terminate_never_signals_a_reused_process_id(t *testing.T) {
	t.Parallel()
	directory := stateDirectory(t)
	service := newService(t, directory)
	server := launch(t, service, request("true", 0))[0]
	bystander := exec.CommandContext(t.Context(), "/bin/sleep", "1000")
	if err := bystander.Start(); err != nil {
		t.Fatal(err)
	}
	supervisor := supervisorOf(t, directory, server)
	path := serverPath(directory, server, "process.json")
	replaceIn(t, path, `"pid": `+itoa(supervisor), `"pid": `+itoa(bystander.Process.Pid))
	// Both may have started in the same hundredth of a second.
	replaceIn(t, path, `"start": `, `"start": 1`)
	if got := list(t, service)[0].State; got != hosting.ServerEnded {
		t.Errorf("the server is %q, want it to have ended", got)
	}
	// The signal of a restart would kill the bystander.
	mustRestart(t, service, []hosting.Server{server})
	if err := service.Terminate(t.Context(), []hosting.Server{server}); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(below(os.Getpid()), bystander.Process.Pid) {
		t.Error("the bystander was killed")
	}
	_ = bystander.Process.Kill()
	_ = bystander.Wait()
	// The true supervisor notices that its directory is gone.
	await(t, "the supervisor has ended", func() bool { return !slices.Contains(below(os.Getpid()), supervisor) })
}

func TestService_Servers_says_why_a_server_has_ended(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		end  func(t *testing.T, directory string, server hosting.Server)
		want string
	}{
		"its agent was killed": {func(t *testing.T, directory string, server hosting.Server) {
			kill(t, agentOf(t, directory, server), syscall.SIGKILL)
		}, "its processes were killed"},
		"its supervisor was terminated": {func(t *testing.T, directory string, server hosting.Server) {
			kill(t, supervisorOf(t, directory, server), syscall.SIGTERM)
		}, "it was terminated"},
		"all of it was killed": {func(t *testing.T, directory string, server hosting.Server) {
			kill(t, supervisorOf(t, directory, server), syscall.SIGKILL)
		}, "its supervisor was killed"},
		"the machine was restarted": {func(t *testing.T, directory string, server hosting.Server) {
			replaceIn(t, serverPath(directory, server, "process.json"), `"boot_id": "`, `"boot_id": "0`)
		}, "the machine was restarted, or the state directory was copied or moved"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			directory := stateDirectory(t)
			service := newService(t, directory)
			server := launch(t, service, request("true", 0))[0]
			awaitReport(t, service, server, boot.StatusReady)
			supervisor := supervisorOf(t, directory, server)
			test.end(t, directory, server)
			await(t, "the server has ended", func() bool { return list(t, service)[0].State == hosting.ServerEnded })
			if got := list(t, service)[0].EndReason; got != test.want {
				t.Errorf("the reason is %q, want %q", got, test.want)
			}
			terminateAll(t, service)
			await(t, "nothing is left", func() bool { return !slices.Contains(below(os.Getpid()), supervisor) })
		})
	}
}

func TestSupervisor_ends_its_server_when_the_directory_is_gone(t *testing.T) {
	t.Parallel()
	cases := map[string]func(directory string, server hosting.Server) error{
		"the server's directory was removed": func(directory string, server hosting.Server) error {
			return retryRemove(serverPath(directory, server))
		},
		"the state directory was removed": func(directory string, _ hosting.Server) error {
			return retryRemove(directory)
		},
		"the state directory was moved": func(directory string, _ hosting.Server) error {
			return os.Rename(directory, directory+".moved")
		},
		"the server's directory was replaced": replaceDirectory,
	}
	for name, remove := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			directory := stateDirectory(t)
			service := newService(t, directory)
			servers, err := service.Launch(t.Context(), request(nastyScript, 0))
			if err != nil {
				t.Fatal(err)
			}
			supervisor := supervisorOf(t, directory, servers[0])
			await(t, "its processes run", func() bool { return len(below(supervisor)) >= 3 })
			if err := remove(directory, servers[0]); err != nil {
				t.Fatal(err)
			}
			await(t, "everything has ended", func() bool {
				return len(below(supervisor)) == 0 && !slices.Contains(below(os.Getpid()), supervisor) &&
					len(marked(serverPath(directory, servers[0]))) == 0
			})
			if name == "the server's directory was replaced" {
				_, err := service.Servers(t.Context(), group())
				checkDamage(t, err, serverPath(directory, servers[0], "server.json"), "is missing", "; remove the directory "+serverPath(directory, servers[0])+":")
				return
			}
			if left := list(t, service); len(left) > 0 {
				t.Errorf("got %+v, want no server", left)
			}
			delivery := boot.Delivery{Revision: 1}
			err = errors.Join(service.Deliver(t.Context(), servers, delivery), service.Restart(t.Context(), servers, wantedMark),
				service.Decommission(t.Context(), servers), service.Terminate(t.Context(), servers))
			if err != nil {
				t.Errorf("got %v for a server that is gone", err)
			}
		})
	}
}

func replaceDirectory(directory string, server hosting.Server) error {
	path := serverPath(directory, server)
	return errors.Join(os.Rename(path, path+".moved"), os.Mkdir(path, 0o700))
}

// retryRemove removes a directory in which something may still be written.
func retryRemove(path string) error {
	var err error
	for range 100 {
		if err = os.RemoveAll(path); err == nil {
			return nil
		}
	}
	return err
}

func TestService_Servers_of_a_copied_directory_are_not_the_originals(t *testing.T) {
	t.Parallel()
	directory := stateDirectory(t)
	service := newService(t, directory)
	server := launch(t, service, request("true", 0))[0]
	awaitReport(t, service, server, boot.StatusReady)
	duplicate := filepath.Join(t.TempDir(), ".muster")
	for _, name := range []string{"server.json", "process.json", "delivery", "lock"} {
		content, err := os.ReadFile(serverPath(directory, server, name))
		if err == nil {
			err = os.MkdirAll(serverPath(duplicate, server), 0o700)
		}
		if err := errors.Join(err, os.WriteFile(serverPath(duplicate, server, name), content, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	other := newService(t, duplicate)
	if got := list(t, other)[0].State; got != hosting.ServerEnded {
		t.Errorf("the copy is %q, want it to have ended", got)
	}
	if err := other.Terminate(t.Context(), list(t, other)); err != nil {
		t.Fatal(err)
	}
	if got := list(t, service)[0].State; got != hosting.ServerRunning {
		t.Errorf("the original is %q, want it to run", got)
	}
}

func TestSupervisor_wakes_its_agent_for_a_delivery_whose_writer_crashed(t *testing.T) {
	t.Parallel()
	directory := stateDirectory(t)
	service := newService(t, directory)
	server := launch(t, service, request("muster param get late", 0))[0]
	awaitReport(t, service, server, boot.StatusWaiting)
	delivery := boot.Delivery{Revision: 1, Values: map[string]boot.Value{"late": {Text: "x", Since: 1}}}
	path := serverPath(directory, server, "delivery")
	err := errors.Join(os.WriteFile(path+".new", delivery.Encode(), 0o600), os.Rename(path+".new", path))
	if err != nil {
		t.Fatal(err)
	}
	awaitReport(t, service, server, boot.StatusReady)
}

func TestService_Terminate_honours_its_context(t *testing.T) {
	t.Parallel()
	service := newService(t, stateDirectory(t))
	server, mark := launchNasty(t, service)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := service.Terminate(ctx, []hosting.Server{server}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	terminateAll(t, service)
	if left := marked(mark); len(left) > 0 {
		t.Errorf("the processes %v are left", left)
	}
}
