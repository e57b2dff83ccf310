//go:build linux

package local_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/hostingtest"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/local"
	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

// patience bounds every wait, also on a machine that is busy.
const patience = 2 * time.Minute

// grace is short: some scripts here never end by themselves.
const grace = 300 * time.Millisecond

// TestMain is a supervisor where it was started as one. Otherwise it runs the
// tests below a subreaper and fails when a process is left.
func TestMain(m *testing.M) {
	local.RunSupervisor()
	if name := os.Getenv(childVariable); name != "" {
		os.Exit(runChild(name, os.Getenv(childDirectoryVariable)))
	}
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		fmt.Fprintln(os.Stderr, "becoming a subreaper:", err)
		os.Exit(1)
	}
	code := m.Run()
	for _, left := range below(os.Getpid()) {
		command, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", left))
		fmt.Fprintf(os.Stderr, "process %d is left: %q\n", left, command)
		_ = syscall.Kill(left, syscall.SIGKILL)
		code = 1
	}
	os.Exit(code)
}

func TestService(t *testing.T) {
	t.Parallel()
	hostingtest.TestService(t, func(t *testing.T) hostingtest.Subject {
		directory := stateDirectory(t)
		return subject{newService(t, directory), directory}
	})
}

// subject is the service as the contract suite wants it.
type subject struct {
	*local.Service

	directory string
}

// EndServer implements [hostingtest.Subject].
func (s subject) EndServer(t *testing.T, server hosting.Server) {
	t.Helper()
	kill(t, supervisorOf(t, s.directory, server), syscall.SIGTERM)
	await(t, server.Key()+" has ended", func() bool {
		servers, err := s.Servers(t.Context(), server.Group)
		index := slices.IndexFunc(servers, func(other hosting.Server) bool { return other.ID == server.ID })
		return err == nil && index >= 0 && servers[index].State == hosting.ServerEnded
	})
}

func stateDirectory(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), ".muster")
}

func options(t *testing.T, directory string) local.Options {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return local.Options{Directory: directory, Namespace: "default", Executable: executable, Grace: grace}
}

func newService(t *testing.T, directory string) *local.Service {
	t.Helper()
	service, err := local.New(options(t, directory))
	if err != nil {
		t.Fatal(err)
	}
	return service
}

func group() hosting.GroupRef { return hosting.GroupRef{Name: "web", Incarnation: "4b1d"} }

func request(script string, slots ...int) hosting.LaunchRequest {
	return hosting.LaunchRequest{
		Group:   group(),
		Attempt: 1,
		Slots:   slots,
		Payload: boot.Payload{Group: "web", Configuration: boot.Configuration{
			Name: "web", Image: "host", BootScript: script,
			Parameters: map[string]boot.Parameter{
				"late": {Type: boot.TypeString, Deferred: true, RequiredFor: boot.RequiredForNothing},
			},
			Outputs: map[string]boot.Output{"said": {Type: boot.TypeString}},
		}},
	}
}

// launch launches, and terminates at the test's end whatever then is there.
func launch(t *testing.T, service *local.Service, request hosting.LaunchRequest) []hosting.Server {
	t.Helper()
	t.Cleanup(func() { terminateAll(t, service) })
	servers, err := service.Launch(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	return servers
}

func terminateAll(t *testing.T, service *local.Service) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	servers, err := service.Servers(ctx, group())
	if err == nil {
		err = service.Terminate(ctx, servers)
	}
	if err != nil {
		t.Errorf("terminating: %v", err)
	}
}

func list(t *testing.T, service *local.Service) []hosting.Server {
	t.Helper()
	servers, err := service.Servers(t.Context(), group())
	if err != nil {
		t.Fatal(err)
	}
	return servers
}

func serverPath(directory string, server hosting.Server, names ...string) string {
	return filepath.Join(append([]string{directory, "default", "servers", server.ID}, names...)...)
}

// await fails the test unless done becomes true.
func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	defer cancel()
	err := wait.Until(ctx, 5*time.Millisecond, func(context.Context) (bool, error) { return done(), nil })
	if err != nil {
		t.Fatalf("waiting until %s: %v", what, err)
	}
}

func awaitReport(t *testing.T, service *local.Service, server hosting.Server, status boot.Status) boot.Report {
	t.Helper()
	var newest boot.Report
	await(t, server.Key()+" is "+status.String(), func() bool {
		reports, err := service.Reports(t.Context(), []hosting.Server{server})
		if err != nil {
			t.Fatal(err)
		}
		newest = reports[server.ID]
		return newest.Status == status
	})
	return newest
}

// supervisorOf returns the process ID in the server's record.
func supervisorOf(t *testing.T, directory string, server hosting.Server) int {
	t.Helper()
	content, err := os.ReadFile(serverPath(directory, server, "process.json"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(content), `"pid": `)
	number, _, _ := strings.Cut(rest, ",")
	pid, err := strconv.Atoi(number)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// below returns the processes below the given one that aren't zombies. It reads
// the whole process table, unlike what it checks.
func below(root int) []int {
	entries, _ := os.ReadDir("/proc")
	children := map[int][]int{}
	ended := map[int]bool{}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		content, readErr := os.ReadFile(filepath.Join("/proc", entry.Name(), "stat"))
		if err != nil || readErr != nil {
			continue
		}
		fields := strings.Fields(string(content[strings.LastIndexByte(string(content), ')')+1:]))
		parent, _ := strconv.Atoi(fields[1])
		children[parent] = append(children[parent], pid)
		ended[pid] = fields[0] == "Z" || fields[0] == "X"
	}
	found := slices.Clone(children[root])
	for index := 0; index < len(found); index++ {
		found = append(found, children[found[index]]...)
	}
	return slices.DeleteFunc(found, func(pid int) bool { return ended[pid] })
}

// marked returns the processes that have the mark among their arguments or in
// their working directory.
func marked(mark string) []int {
	entries, _ := os.ReadDir("/proc")
	var found []int
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		arguments, _ := os.ReadFile(filepath.Join("/proc", entry.Name(), "cmdline"))
		directory, _ := os.Readlink(filepath.Join("/proc", entry.Name(), "cwd"))
		if strings.Contains(string(arguments), mark) || strings.HasPrefix(directory, mark) {
			found = append(found, pid)
		}
	}
	return found
}
