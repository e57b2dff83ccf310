package acctest

import (
	"cmp"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/leftover"
	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

const (
	// patience bounds every wait, also on a machine that is busy.
	patience = time.Minute
	pace     = 10 * time.Millisecond
)

// Server is a local server as the state directory shows it.
type Server struct {
	ID  string
	Key string
	// PID is the process ID of its supervisor.
	PID int

	attempt int
	path    string
}

// Servers returns the servers in the state directory, sorted by key and age.
func Servers(t testing.TB, directory string) []Server {
	t.Helper()
	return servers(t, directory, "server.json")
}

// Started is Servers without those that were recorded and not started, which is what
// a crash may leave.
func Started(t testing.TB, directory string) []Server {
	t.Helper()
	return servers(t, directory, "process.json")
}

// servers returns those whose directories have the file.
func servers(t testing.TB, directory, file string) []Server {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(directory, "default", "servers", "srv-*", file))
	if err != nil {
		t.Fatal(err)
	}
	var found []Server
	for _, path := range paths {
		var record struct {
			Group         struct{ Name string }
			Slot, Attempt int
		}
		var process struct{ PID int }
		path = filepath.Dir(path)
		readDocument(t, filepath.Join(path, "server.json"), &record)
		readDocument(t, filepath.Join(path, "process.json"), &process)
		found = append(found, Server{
			ID:      filepath.Base(path),
			Key:     record.Group.Name + "-" + strconv.Itoa(record.Slot),
			PID:     process.PID,
			attempt: record.Attempt,
			path:    path,
		})
	}
	slices.SortFunc(found, func(a, b Server) int {
		return cmp.Or(strings.Compare(a.Key, b.Key), cmp.Compare(a.attempt, b.attempt))
	})
	return found
}

// IDs returns the servers' IDs by member key; of several in one slot, the newest.
func IDs(t testing.TB, directory string) map[string]string {
	t.Helper()
	ids := make(map[string]string)
	for _, server := range Servers(t, directory) {
		ids[server.Key] = server.ID
	}
	return ids
}

// Member returns the newest server of the member.
func Member(t testing.TB, directory, key string) Server {
	t.Helper()
	servers := Servers(t, directory)
	for _, server := range slices.Backward(servers) {
		if server.Key == key {
			return server
		}
	}
	t.Fatalf("%s has no server", key)
	return Server{}
}

// File returns what a script has written into a file in its working directory.
func (s Server) File(t testing.TB, name string) string {
	t.Helper()
	return s.read(t, filepath.Join("home", name))
}

// Console returns what the server's scripts have printed.
func (s Server) Console(t testing.TB) string {
	t.Helper()
	return s.read(t, "console.log")
}

func (s Server) read(t testing.TB, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(s.path, name))
	if err != nil {
		t.Fatalf("%s: %v", s.Key, err)
	}
	return string(content)
}

// AwaitReport waits until the server's report has the line.
func (s Server) AwaitReport(t testing.TB, line string) {
	t.Helper()
	Await(t, s.Key+" reports "+line, func() bool {
		report, _ := os.ReadFile(filepath.Join(s.path, "report"))
		return strings.Contains(string(report), "\n"+line+"\n")
	})
}

// Kill kills the server's supervisor, with which its agent goes, and returns when
// it has ended.
func (s Server) Kill(t testing.TB) {
	t.Helper()
	process, err := os.FindProcess(s.PID)
	if err == nil {
		err = process.Kill()
	}
	if err != nil {
		t.Fatal(err)
	}
	s.AwaitEnd(t)
}

// AwaitEnd waits until the server's supervisor has ended.
func (s Server) AwaitEnd(t testing.TB) {
	t.Helper()
	Await(t, "the supervisor of "+s.Key+" ends", func() bool { return !leftover.Running(s.PID) })
}

// Await waits until done returns true; what says what is waited for.
func Await(t testing.TB, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := wait.Until(ctx, pace, func(context.Context) (bool, error) { return done(), nil }); err != nil {
		t.Fatalf("waiting until %s: %v", what, err)
	}
}

// readDocument reads the content of a file of the state directory.
func readDocument(t testing.TB, path string, into any) {
	t.Helper()
	encoded, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var document struct{ Content json.RawMessage }
	if err := json.Unmarshal(encoded, &document); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if err := json.Unmarshal(document.Content, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}
