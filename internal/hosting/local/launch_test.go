//go:build linux

package local_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/local"
)

func itoa(number int) string { return strconv.Itoa(number) }

func kill(t *testing.T, pid int, signal syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(pid, signal); err != nil {
		t.Fatal(err)
	}
}

func replaceIn(t *testing.T, path, from, to string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	replaced := strings.Replace(string(content), from, to, 1)
	if err := os.WriteFile(path, []byte(replaced), 0o600); err != nil {
		t.Fatal(err)
	}
}

// agentOf returns the agent: the child of the server's supervisor.
func agentOf(t *testing.T, directory string, server hosting.Server) int {
	t.Helper()
	for _, pid := range below(supervisorOf(t, directory, server)) {
		arguments, _ := os.ReadFile(filepath.Join("/proc", itoa(pid), "cmdline"))
		if strings.HasPrefix(string(arguments), "sh\x00"+serverPath(directory, server, "agent.sh")) {
			return pid
		}
	}
	t.Fatal("there is no agent")
	return 0
}

func TestService_Launch_gives_every_server_a_loopback_address_that_it_can_bind(t *testing.T) {
	t.Parallel()
	// Two state directories: addresses are unique on the machine, not in a place.
	var addresses []string
	for range 2 {
		service := newService(t, stateDirectory(t))
		for _, server := range launch(t, service, request("true", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)) {
			addresses = append(addresses, server.Facts.PrivateIP)
		}
	}
	for _, address := range addresses {
		var config net.ListenConfig
		listener, err := config.Listen(t.Context(), "tcp", address+":0")
		if err != nil {
			t.Fatalf("binding %s: %v", address, err)
		}
		_ = listener.Close()
		if !strings.HasPrefix(address, "127.") || strings.HasPrefix(address, "127.0.") {
			t.Errorf("the address %s is outside of the range", address)
		}
	}
	slices.Sort(addresses)
	if got := len(slices.Compact(addresses)); got != 20 {
		t.Errorf("%d of 20 addresses are distinct", got)
	}
}

func TestService_Launch_completes_one_that_was_cut_short(t *testing.T) {
	t.Parallel()
	directory := stateDirectory(t)
	service := newService(t, directory)
	// A supervisor that dies at once leaves what a crash would have left.
	given := options(t, directory)
	given.Executable = "/bin/false"
	broken, err := local.New(given)
	if err != nil {
		t.Fatal(err)
	}
	servers, err := broken.Launch(t.Context(), request("true", 0))
	if err == nil || len(servers) != 0 || !strings.Contains(err.Error(), "launching web-0") {
		t.Errorf("got %v and error %v, want an error about web-0", servers, err)
	}
	interrupted := list(t, service)
	if len(interrupted) != 1 || interrupted[0].State != hosting.ServerEnded || interrupted[0].EndReason != "its launch was interrupted" {
		t.Fatalf("got %+v, want one server whose launch was interrupted", interrupted)
	}
	completed := launch(t, service, request("true", 0))
	if len(completed) != 1 || completed[0].ID != interrupted[0].ID || completed[0].State != hosting.ServerRunning {
		t.Errorf("got %+v, want the interrupted server to run", completed)
	}
	awaitReport(t, service, completed[0], boot.StatusReady)
}

func TestService_Terminate_removes_a_server_whose_launch_was_interrupted(t *testing.T) {
	t.Parallel()
	directory := stateDirectory(t)
	given := options(t, directory)
	given.Executable = "/bin/false"
	broken, err := local.New(given)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := broken.Launch(t.Context(), request("true", 0)); err == nil {
		t.Error("got no error from a launch that can't succeed")
	}
	terminateAll(t, broken)
	if left := list(t, broken); len(left) != 0 {
		t.Errorf("got %+v, want no server", left)
	}
}

func TestService_Launch_shows_what_a_dying_supervisor_said(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "supervisor")
	if err := os.WriteFile(program, []byte("#!/bin/sh\necho no room here >&2\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	given := options(t, stateDirectory(t))
	given.Executable = program
	service, err := local.New(given)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := service.Launch(t.Context(), request("true", 0)); err == nil || !strings.Contains(err.Error(), "no room here") {
		t.Errorf("got %v, want an error that quotes the supervisor", err)
	}
}

func TestService_Launch_starts_an_ended_server_no_second_time(t *testing.T) {
	t.Parallel()
	directory := stateDirectory(t)
	service := newService(t, directory)
	server := launch(t, service, request("true", 0))[0]
	kill(t, supervisorOf(t, directory, server), syscall.SIGTERM)
	await(t, "the server has ended", func() bool { return list(t, service)[0].State == hosting.ServerEnded })
	again := launch(t, service, request("true", 0))
	if len(again) != 1 || again[0].ID != server.ID || again[0].State != hosting.ServerEnded {
		t.Errorf("got %+v, want the ended server", again)
	}
}

func TestService_Launch_honours_its_context_and_is_repeated(t *testing.T) {
	t.Parallel()
	service := newService(t, stateDirectory(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := service.Launch(ctx, request("true", 0, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if got := launch(t, service, request("true", 0, 1)); len(got) != 2 {
		t.Errorf("got %d servers, want 2", len(got))
	}
}

func TestService_Launch_refuses(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*hosting.LaunchRequest){
		"a malformed group name": func(r *hosting.LaunchRequest) { r.Group.Name = "../x" },
		"no incarnation":         func(r *hosting.LaunchRequest) { r.Group.Incarnation = "" },
		"a negative slot":        func(r *hosting.LaunchRequest) { r.Slots = []int{1, -1} },
		"a slot twice":           func(r *hosting.LaunchRequest) { r.Slots = []int{1, 2, 1} },
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wanted := request("true", 0)
			change(&wanted)
			if servers, err := newService(t, stateDirectory(t)).Launch(t.Context(), wanted); err == nil {
				t.Errorf("got %v and no error", servers)
			}
		})
	}
}

// The environment is set for the whole process, so this test is not parallel.
func TestServer_sees_nothing_of_Terraforms_environment(t *testing.T) { //nolint:paralleltest // See above.
	for _, name := range []string{"TF_TOKEN_example_com", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "MUSTER_CANARY"} {
		t.Setenv(name, "canary-5b2e")
	}
	directory := stateDirectory(t)
	service := newService(t, directory)
	server := launch(t, service, request(`muster output set said "$(env | cut -d= -f1)"`, 0))[0]
	report := awaitReport(t, service, server, boot.StatusReady)
	supervisor, err := os.ReadFile(filepath.Join("/proc", itoa(supervisorOf(t, directory, server)), "environ"))
	if err != nil || strings.Contains(string(supervisor), "canary-5b2e") {
		t.Errorf("the supervisor sees the canary (error %v)", err)
	}
	allowed := map[string]bool{}
	for name := range strings.FieldsSeq(`PATH HOME LANG TMPDIR USER LOGNAME PWD OLDPWD SHLVL _ MUSTER_RUN MUSTER_HOME
		MUSTER_SERVER_ID MUSTER_GROUP MUSTER_SLOT MUSTER_MEMBER MUSTER_PRIVATE_IP MUSTER_ZONE`) {
		allowed[name] = true
	}
	var leaked []string
	seen := strings.Fields(report.Outputs["said"])
	for _, name := range seen {
		if !allowed[name] {
			leaked = append(leaked, name)
		}
	}
	if diff := cmp.Diff([]string(nil), leaked); diff != "" || !slices.Contains(seen, "MUSTER_RUN") {
		t.Errorf("the server sees %v; it must not see (-want +got):\n%s", seen, diff)
	}
}

// The descriptor would reach the processes of other tests, so this one is not
// parallel.
func TestServer_gets_no_descriptor_that_somebody_leaked(t *testing.T) { //nolint:paralleltest // See above.
	var leaked [2]int
	if err := syscall.Pipe(leaked[:]); err != nil { // Without close-on-exec, as careless parents do.
		t.Fatal(err)
	}
	pipe, err := os.Readlink("/proc/self/fd/" + itoa(leaked[1]))
	if err != nil {
		t.Fatal(err)
	}
	directory := stateDirectory(t)
	service := newService(t, directory)
	server := launch(t, service, request("sleep 1000", 0))[0]
	for _, fd := range leaked {
		_ = syscall.Close(fd)
	}
	awaitReport(t, service, server, boot.StatusBooting)
	supervisor := supervisorOf(t, directory, server)
	for _, pid := range append(below(supervisor), supervisor) {
		links, _ := filepath.Glob(filepath.Join("/proc", itoa(pid), "fd", "*"))
		for _, link := range links {
			if target, _ := os.Readlink(link); target == pipe {
				t.Errorf("process %d holds the leaked %s as %s", pid, pipe, link)
			}
		}
	}
}

func TestServer_keeps_its_log_within_bounds(t *testing.T) {
	t.Parallel()
	directory := stateDirectory(t)
	service := newService(t, directory)
	// 1 GB: the log is rotated a hundred times.
	server := launch(t, service, request("yes 0123456789abcdef | head -c 999999993\necho the end\nexit 3", 0))[0]
	report := awaitReport(t, service, server, boot.StatusFailed)
	if !strings.HasSuffix(strings.TrimSpace(report.LogTail), "0123456789abcdef\nthe end") {
		t.Errorf("the log ends %q", report.LogTail)
	}
	names, err := filepath.Glob(serverPath(directory, server, "console.log*"))
	if err != nil || len(names) != 2 {
		t.Errorf("got the logs %v and error %v, want two", names, err)
	}
	for _, name := range names {
		if info, err := os.Stat(name); err != nil || info.Size() > 10<<20 {
			t.Errorf("%s has %d bytes (error %v), want at most 10 MiB", name, info.Size(), err)
		}
	}
}

func TestService_Terminate_removes_directories_that_are_not_writable(t *testing.T) {
	t.Parallel()
	directory := stateDirectory(t)
	service := newService(t, directory)
	server := launch(t, service, request("mkdir -p cache/sub && touch cache/sub/file && chmod 500 cache/sub cache", 0))[0]
	awaitReport(t, service, server, boot.StatusReady)
	terminateAll(t, service)
	entries, err := os.ReadDir(filepath.Join(directory, "default", "servers"))
	if err != nil || len(entries) != 0 {
		t.Errorf("got %v and error %v, want nothing to be left", entries, err)
	}
}
