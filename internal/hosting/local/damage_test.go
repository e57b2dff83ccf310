//go:build linux

package local_test

import (
	"errors"
	"maps"
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

// harm is what can happen to a file.
type harm struct {
	do   func(path string) error
	want string
}

func rewrite(change func(content string) string) func(string) error {
	return func(path string) error {
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(path, []byte(change(string(content))), 0o600)
	}
}

func replaced(from, to string) func(string) error {
	return rewrite(func(content string) string { return strings.Replace(content, from, to, 1) })
}

// instead removes the file and puts something else in its place.
func instead(put func(path string) error) func(string) error {
	return func(path string) error { return errors.Join(os.Remove(path), put(path)) }
}

// harms are what can happen to every file, and what is said of a JSON file then.
func harms() map[string]harm {
	return map[string]harm{
		"cut short": {rewrite(func(content string) string { return content[:len(content)/2] }), "is damaged: it is cut short, or has a field that is unknown or malformed"},
		"empty":     {rewrite(func(string) string { return "" }), "is damaged: it is cut short, or has a field that is unknown or malformed"},
		"zeros, as a crash of the machine leaves": {rewrite(func(content string) string {
			return strings.Repeat("\x00", len(content))
		}), "is damaged at byte 1"},
		"a symbolic link": {instead(func(path string) error { return os.Symlink("/etc/passwd", path) }), "is a symbolic link, and none is followed here"},
		"a FIFO":          {instead(func(path string) error { return unix.Mkfifo(path, 0o600) }), "is not a regular file"},
		"a directory":     {instead(func(path string) error { return os.Mkdir(path, 0o700) }), "is not a regular file"},
		"huge":            {func(path string) error { return os.Truncate(path, 1<<27) }, "has more than 67108864 bytes"},
	}
}

// documentHarms are what can happen to a JSON file.
func documentHarms() map[string]harm {
	all := map[string]harm{
		"not json":                 {replaced("{", "hunter2"), "is damaged at byte 1"},
		"bytes behind its end":     {rewrite(func(content string) string { return content + "{}" }), "is damaged at byte"},
		"a bracket behind its end": {rewrite(func(content string) string { return content + "]" }), "is damaged at byte"},
		"no object":                {rewrite(func(string) string { return "[]" }), "is damaged: it is not an object"},
		"nothing in it":            {rewrite(func(string) string { return "{}" }), "is damaged: it has no format version"},
		"an unknown field":         {replaced(`"content": {`, `"content": {"hunter2": 1,`), "is damaged: it is cut short, or has a field that is unknown or malformed"},
	}
	maps.Copy(all, harms())
	return all
}

// checkDamage fails the test unless the error names the file, what is wrong with
// it and the next step, and quotes nothing of it.
func checkDamage(t *testing.T, err error, path, what, advice string) {
	t.Helper()
	if err == nil || errors.Is(err, hosting.ErrNotFound) {
		t.Fatalf("got %v, want an error about %s", err, path)
	}
	for _, part := range []string{path + " " + what, advice} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("got %q, want it to say %q", err, part)
		}
	}
	for _, secret := range []string{"hunter2", "12345"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error quotes the file: %q", err)
		}
	}
}

func TestService_Group_names_a_damaged_file(t *testing.T) {
	t.Parallel()
	cases := documentHarms()
	cases["a value of another type"] = harm{replaced(`"hunter2"`, "12345"), "is damaged: it is cut short, or has a field that is unknown or malformed"}
	cases["a size of another type"] = harm{replaced(`"size": 0`, `"size": "12345"`), `is damaged: wrong type in field "size"`}
	cases["the record of another group"] = harm{replaced(`"name": "web"`, `"name": "db"`), "is damaged: it is not the record of this group"}
	cases["no incarnation"] = harm{replaced(`"incarnation": "4b1d"`, `"incarnation": ""`), "is damaged: it is not the record of this group"}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			directory := stateDirectory(t)
			service := newService(t, directory)
			create(t, service)
			path := filepath.Join(directory, "default", "groups", "web.json")
			if err := test.do(path); err != nil {
				t.Fatal(err)
			}
			advice := "; restore it from a backup, or remove it with every directory in " + filepath.Join(directory, "default", "servers") +
				" whose server.json names the group: those servers end within seconds, and the next apply makes the group again"
			_, err := service.Group(t.Context(), "web")
			checkDamage(t, err, path, test.want, advice)
			if groups, err := service.Groups(t.Context()); err == nil {
				t.Errorf("got %v, want the list to fail too", groups)
			}
			if _, err := service.UpdateGroup(t.Context(), group(), grow); err == nil {
				t.Error("a damaged record was updated")
			}
			if err := service.DeleteGroup(t.Context(), group()); err == nil {
				t.Error("a damaged record was deleted as if it were not there")
			}
			if err := service.CreateGroup(t.Context(), hosting.Group{GroupRef: group()}); !errors.Is(err, hosting.ErrExists) {
				t.Errorf("got %v, want the name to be taken still", err)
			}
		})
	}
}

func TestService_refuses_a_later_format(t *testing.T) {
	t.Parallel()
	directory := stateDirectory(t)
	service := newService(t, directory)
	create(t, service)
	path := filepath.Join(directory, "default", "groups", "web.json")
	if err := replaced(`"version": 1`, `"version": 2`)(path); err != nil {
		t.Fatal(err)
	}
	_, err := service.Group(t.Context(), "web")
	want := `reading group "web": ` + path + " has format version 2, and this provider knows only 1; use the version of the provider that wrote it"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestService_mends_a_damaged_configuration(t *testing.T) {
	t.Parallel()
	for name, test := range documentHarms() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			directory := stateDirectory(t)
			service := newService(t, directory)
			configuration := boot.Configuration{Name: "web", Image: "host", BootScript: "hunter2"}
			if err := service.PutConfiguration(t.Context(), configuration); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(directory, "default", "configurations", configuration.ID()+".json")
			if err := test.do(path); err != nil {
				t.Fatal(err)
			}
			_, err := service.Configuration(t.Context(), configuration.ID())
			checkDamage(t, err, path, test.want, "; remove it, and the next apply stores it again")
			err = service.PutConfiguration(t.Context(), configuration)
			if info, statErr := os.Lstat(path); statErr == nil && info.IsDir() {
				if err == nil || !strings.Contains(err.Error(), path) {
					t.Errorf("got %v, want an error that names %s", err, path)
				}
				return // What may be in it is the user's to look at.
			}
			if err != nil {
				t.Fatal(err)
			}
			if got, err := service.Configuration(t.Context(), configuration.ID()); err != nil || got.BootScript != "hunter2" {
				t.Errorf("got %+v and error %v, want what was stored again", got, err)
			}
		})
	}
}

func TestService_Servers_names_a_damaged_file(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"server.json", "process.json"} {
		for _, name := range []string{"cut short", "a symbolic link", "a FIFO"} {
			test := harms()[name]
			t.Run(file+" is "+name, func(t *testing.T) {
				t.Parallel()
				directory := stateDirectory(t)
				service := newService(t, directory)
				server := launch(t, service, request("true", 0))[0]
				supervisor := supervisorOf(t, directory, server)
				awaitReport(t, service, server, boot.StatusReady)
				path := serverPath(directory, server, file)
				if err := test.do(path); err != nil {
					t.Fatal(err)
				}
				_, err := service.Servers(t.Context(), group())
				checkDamage(t, err, path, test.want, "; remove the directory "+serverPath(directory, server)+
					": its server ends within seconds, and the next apply replaces it")
				// The advice is good.
				if err := retryRemove(serverPath(directory, server)); err != nil {
					t.Fatal(err)
				}
				await(t, "the server has ended", func() bool { return !running(supervisor) })
				if left := list(t, service); len(left) > 0 {
					t.Errorf("got %+v, want no server", left)
				}
			})
		}
	}
}

func running(pid int) bool {
	return syscall.Kill(pid, 0) == nil && len(state(pid)) > 0 && state(pid) != "Z"
}

// state returns the letter for the process' state, see proc_pid_stat(5).
func state(pid int) string {
	content, _ := os.ReadFile(filepath.Join("/proc", itoa(pid), "stat"))
	_, rest, _ := strings.Cut(string(content), ") ")
	letter, _, _ := strings.Cut(rest, " ")
	return letter
}

func TestService_counts_a_server_without_supervisor_and_record_as_ended(t *testing.T) {
	t.Parallel()
	for name, test := range harms() {
		t.Run("process.json is "+name, func(t *testing.T) {
			t.Parallel()
			directory := stateDirectory(t)
			service := newService(t, directory)
			servers := launch(t, service, request("true", 0, 1))
			awaitReport(t, service, servers[0], boot.StatusReady)
			supervisor := supervisorOf(t, directory, servers[0])
			kill(t, supervisor, syscall.SIGTERM)
			await(t, "its supervisor has ended", func() bool { return !running(supervisor) })
			for _, file := range []string{"process.json", "ended.json", "delivery"} {
				if err := test.do(serverPath(directory, servers[0], file)); err != nil {
					t.Fatal(err)
				}
			}
			// Its lock goes with its last thread, which may end after the process.
			await(t, "the first server counts as ended", func() bool {
				got, err := service.Servers(t.Context(), group())
				return err == nil && len(got) == 2 && got[0].State == hosting.ServerEnded && got[1].State == hosting.ServerRunning
			})
			terminateAll(t, service)
		})
	}
}

func TestService_mends_a_damaged_delivery(t *testing.T) {
	t.Parallel()
	for name, test := range harms() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			directory := stateDirectory(t)
			service := newService(t, directory)
			wanted := request("muster param get late", 0)
			wanted.Delivery = boot.Delivery{Revision: 1}
			server := launch(t, service, wanted)[0]
			awaitReport(t, service, server, boot.StatusWaiting)
			path := serverPath(directory, server, "delivery")
			if err := test.do(path); err != nil {
				t.Fatal(err)
			}
			delivery := boot.Delivery{Revision: 2, Values: map[string]boot.Value{"late": {Text: "x", Since: 2}}}
			if info, err := os.Lstat(path); err == nil && info.IsDir() {
				err := service.Deliver(t.Context(), []hosting.Server{server}, delivery)
				if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "delivering to web-0") {
					t.Errorf("got %v, want an error that names %s", err, path)
				}
				return
			}
			if got := list(t, service)[0].Delivered; got != 0 {
				t.Errorf("revision %d counts as delivered, want none", got)
			}
			if err := service.Deliver(t.Context(), []hosting.Server{server}, delivery); err != nil {
				t.Fatal(err)
			}
			awaitReport(t, service, server, boot.StatusReady)
		})
	}
}

func TestService_Reports_tells_a_damaged_report_from_the_others(t *testing.T) {
	t.Parallel()
	cases := harms()
	cases["another document"] = harm{rewrite(func(string) string { return "muster delivery 1 5\nend\n" }), `line 1: it is not "muster report 1"`}
	cases["without a status"] = harm{rewrite(func(string) string { return "muster report 1\nboot x\nend\n" }), `it has no line "status"`}
	cases["unreadable"] = harm{func(path string) error { return os.Chmod(path, 0) }, "permission denied"}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			directory := stateDirectory(t)
			service := newService(t, directory)
			servers := launch(t, service, request("true", 0, 1))
			for _, server := range servers {
				awaitReport(t, service, server, boot.StatusReady)
			}
			if err := test.do(serverPath(directory, servers[0], "report")); err != nil {
				t.Fatal(err)
			}
			checkReports(t, service, servers)
		})
	}
}

// checkReports wants the first server to have failed, and the second one not.
func checkReports(t *testing.T, service *local.Service, servers []hosting.Server) {
	t.Helper()
	var reports map[string]boot.Report
	var err error
	withoutPrivileges(t, func() { reports, err = service.Reports(t.Context(), servers) })
	if err != nil {
		t.Fatal(err)
	}
	damaged, other := reports[servers[0].ID], reports[servers[1].ID]
	if damaged.Status != boot.StatusFailed || !strings.HasPrefix(damaged.Failure, "its report is damaged") {
		t.Errorf("got %+v, want a failed server with a damaged report", damaged)
	}
	if strings.Contains(damaged.Failure, "hunter2") || other.Status != boot.StatusReady {
		t.Errorf("got %q and for the other server %v", damaged.Failure, other.Status)
	}
}
