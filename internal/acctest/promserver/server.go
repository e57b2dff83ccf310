// Package promserver runs a real Prometheus server for a test, which scrapes what the
// test exposes and knows what the test has it remember. Only tests import it.
package promserver

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/api"
	promapi "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

const (
	// scrapeInterval is short, so that no test waits long for what it exposes.
	scrapeInterval = 200 * time.Millisecond
	// patience is how long a test waits for what should be there in no time.
	patience = 30 * time.Second
	// retention lets a server know any past.
	retention = "100y"
)

// requireAll is the environment variable under which a test that lacks its program
// fails instead of being skipped.
const requireAll = "MUSTER_REQUIRE_ALL"

// Server is a Prometheus server on a loopback address, with data of its own. It ends
// with the test, and with the test's process.
type Server struct {
	// URL is where it answers.
	URL string

	api promapi.API
}

// Options are what a server knows.
type Options struct {
	// Targets are the addresses, with ports, that it scrapes. They are the values of the
	// label instance.
	Targets []string
	// History is what it has known for long.
	History []Point
}

// Point is a value of a series that was measured once.
type Point struct {
	// Series is written as in PromQL: name{label="value"}.
	Series string
	At     time.Time
	Value  float64
}

// Start returns a server that is ready to answer. Where Prometheus isn't installed, the
// test is skipped, or fails where everything is required.
func Start(t testing.TB, options Options) *Server {
	t.Helper()
	binary, directory := program(t, "prometheus"), t.TempDir()
	data := filepath.Join(directory, "data")
	if len(options.History) > 0 {
		remember(t, options.History, data)
	}
	config := filepath.Join(directory, "prometheus.yml")
	if err := os.WriteFile(config, []byte(configuration(options.Targets)), 0o600); err != nil {
		t.Fatal(err)
	}
	server := &Server{URL: "http://" + run(t, binary,
		"--config.file="+config,
		"--storage.tsdb.path="+data,
		"--storage.tsdb.retention.time="+retention,
		"--web.listen-address=127.0.0.1:0",
	)}
	client, err := api.NewClient(api.Config{Address: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	server.api = promapi.NewAPI(client)
	return server
}

// program returns the path of a program of Debian's package prometheus.
func program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	message := fmt.Sprintf("the test needs the program %s; on Debian: apt-get install prometheus && service prometheus stop", name)
	if os.Getenv(requireAll) == "1" {
		t.Fatal(message)
	}
	t.Skip(message)
	return ""
}

// remember writes the past into a server's data.
func remember(t testing.TB, history []Point, data string) {
	t.Helper()
	var text strings.Builder
	for _, point := range history {
		at := strconv.FormatFloat(float64(point.At.UnixMilli())/1000, 'f', -1, 64)
		fmt.Fprintf(&text, "%s %v %s\n", point.Series, point.Value, at)
	}
	text.WriteString("# EOF\n")
	source := filepath.Join(t.TempDir(), "history")
	if err := os.WriteFile(source, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), program(t, "promtool"), "tsdb", "create-blocks-from", "openmetrics", source, data)
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("writing the history: %v: %s", err, output)
	}
}

// configuration is JSON by its values, which is YAML too.
func configuration(targets []string) string {
	quoted := make([]string, 0, len(targets))
	for _, target := range targets {
		quoted = append(quoted, strconv.Quote(target))
	}
	return fmt.Sprintf("global: {scrape_interval: %[1]s, scrape_timeout: %[1]s}\n"+
		"scrape_configs: [{job_name: test, static_configs: [{targets: [%[2]s]}]}]\n", scrapeInterval, strings.Join(quoted, ", "))
}

// guard runs its arguments until they end or its standard input does, which a process
// keeps open as long as it lives: nothing is left of a test that is killed.
const guard = `exec 3<&0
"$@" </dev/null 3<&- &
exec >&- 2>&-
read -r _ <&3
kill -KILL $!
wait`

// run starts the program and returns the address on which it listens, when it is ready.
func run(t testing.TB, binary string, arguments ...string) (address string) {
	t.Helper()
	// No context: one would end the guard and leave the program.
	command := exec.Command("sh", append([]string{"-c", guard, "sh", binary}, arguments...)...) //nolint:noctx // See above.
	alive, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	said, err := command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	follower := &follower{started: make(chan string, 1), ended: make(chan struct{})}
	go follower.follow(said)
	t.Cleanup(func() {
		_ = alive.Close()
		<-follower.ended
		_ = command.Wait()
	})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	select {
	case address := <-follower.started:
		return address
	case <-follower.ended:
		t.Fatalf("prometheus has ended:\n%s", follower.text)
	case <-ctx.Done():
		t.Fatal("prometheus isn't ready in time")
	}
	return ""
}

// listening is the line that says where the server listens.
var listening = regexp.MustCompile(`msg="Listening on" address=(\S+)`)

// follower reads what a server says to its end.
type follower struct {
	started chan string
	ended   chan struct{}
	// text is complete, and may be read, when the server has ended.
	text string
}

func (f *follower) follow(said io.Reader) {
	defer close(f.ended)
	var all strings.Builder
	address, ready, told := "", false, false
	for lines := bufio.NewScanner(said); lines.Scan(); {
		line := lines.Text()
		all.WriteString(line + "\n")
		f.text = all.String()
		if match := listening.FindStringSubmatch(line); match != nil {
			address = match[1]
		}
		ready = ready || strings.Contains(line, "Server is ready to receive web requests.")
		if ready && address != "" && !told {
			told = true
			f.started <- address
		}
	}
}

// Await waits until an instant query gives a series. A query such as "depth == 3" waits
// for a value.
func (s *Server) Await(t testing.TB, query string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err := wait.Until(ctx, scrapeInterval/4, func(ctx context.Context) (bool, error) {
		value, _, _, err := s.api.Query(ctx, query, time.Time{})
		if err != nil {
			return false, err
		}
		found, _ := value.(model.Vector)
		return len(found) > 0, nil
	})
	if err != nil {
		t.Fatalf("waiting for %s at %s: %v", query, host(s.URL), err)
	}
}

func host(text string) string {
	parsed, err := url.Parse(text)
	if err != nil {
		return text
	}
	return parsed.Host
}
