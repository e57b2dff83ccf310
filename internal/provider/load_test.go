package provider_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

const (
	// briskClients send briskRate requests a second together. Half of them keep their
	// connections, the others open one for every request.
	briskClients = 8
	briskRate    = 400

	// slowClients ask for what takes a second, and keep their connections: at any moment
	// some wait for an answer, and some have a connection that is idle.
	slowClients = 10
	slowPause   = 2 * time.Second

	// loadRequests and loadTime are the least that a load is.
	loadRequests = 18_000
	loadTime     = time.Minute

	// loadPatience is how long one request may take.
	loadPatience = 30 * time.Second
)

// webServer matches what a web server answers: its key.
var webServer = regexp.MustCompile(`^web-[0-3]$`)

// load is a steady flow of requests to one address, from clients that never try again:
// whatever goes wrong once is a failure.
type load struct {
	address string
	began   time.Time
	clients sync.WaitGroup

	mu     sync.Mutex
	phase  string
	ending bool
	// answers counts by the phase in which a request began, and by who answered.
	answers            map[string]map[string]int
	count, connections int
	failures           []error
}

// startLoad starts a load, which ends with the test at the latest. Its first phase has
// the name.
func startLoad(t *testing.T, address, phase string) *load {
	t.Helper()
	l := &load{address: address, began: time.Now(), phase: phase, answers: make(map[string]map[string]int)}
	t.Cleanup(func() { l.report(t) }) // The context of a test ends before its cleanup runs.
	for i := range briskClients {
		l.start(t.Context(), loadClient{address: address, path: "/", keeps: i%2 == 0}, briskClients*time.Second/briskRate)
	}
	for i := range slowClients {
		l.start(t.Context(), loadClient{address: address, path: "/cgi-bin/report", keeps: true}, slowPause+time.Duration(i)*time.Millisecond)
	}
	return l
}

// start has a client send its requests at a steady pace; it catches up with what it is
// late with.
func (l *load) start(ctx context.Context, client loadClient, interval time.Duration) {
	due := l.began
	pause := func() time.Duration {
		due = due.Add(interval)
		return max(0, time.Until(due))
	}
	l.clients.Go(func() {
		defer client.close()
		_ = wait.Paced(ctx, pause, func(context.Context) (bool, error) { return l.send(&client), nil })
	})
}

// send sends one request and reports whether the load is over.
func (l *load) send(client *loadClient) bool {
	l.mu.Lock()
	phase := l.phase
	l.mu.Unlock()
	before := client.connections
	name, err := client.get()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count++
	l.connections += client.connections - before
	if err == nil && !webServer.MatchString(name) {
		err = fmt.Errorf("the answer is %q", name)
	}
	if err != nil {
		l.failures = append(l.failures, fmt.Errorf("after %s, while %s: %w", time.Since(l.began).Round(time.Millisecond), phase, err))
	} else {
		if l.answers[phase] == nil {
			l.answers[phase] = make(map[string]int)
		}
		l.answers[phase][name]++
	}
	return l.ending && (len(l.failures) > 0 || l.count >= loadRequests && time.Since(l.began) >= loadTime)
}

// enter begins a phase.
func (l *load) enter(phase string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.phase = phase
}

// answered returns who has answered requests that began in the phase, and how many.
func (l *load) answered(phase string) map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.answers[phase])
}

// failed reports whether a request has failed.
func (l *load) failed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.failures) > 0
}

// finish returns when the load has been enough, or a request has failed.
func (l *load) finish() {
	l.mu.Lock()
	l.ending = true
	l.mu.Unlock()
	l.clients.Wait()
}

// report waits for the end of the load, tells what it was, and fails the test for
// requests that have failed.
func (l *load) report(t *testing.T) {
	l.clients.Wait()
	took := time.Since(l.began)
	t.Logf("%d requests over %d connections in %s, %.0f a second, %d failed",
		l.count, l.connections, took.Round(time.Millisecond), float64(l.count)/took.Seconds(), len(l.failures))
	for _, phase := range slices.Sorted(maps.Keys(l.answers)) {
		t.Logf("%s: answers by server %v", phase, l.answers[phase])
	}
	if len(l.failures) > 0 {
		t.Errorf("%d of %d requests failed; the first of them:\n%v", len(l.failures), l.count, errors.Join(l.failures[:min(len(l.failures), 10)]...))
	}
}

// loadClient is an HTTP client that does nothing behind one's back. That of the standard
// library sends a request again where the kept connection turns out to be closed.
type loadClient struct {
	address, path string
	// keeps: the connection is kept while the other end doesn't say that it closes it.
	keeps bool

	connections int
	connection  net.Conn
	reader      *bufio.Reader
}

// get returns the body of an answer with the status 200, without the newline at its end.
func (c *loadClient) get() (string, error) {
	body, err := c.tryGet()
	if err != nil || !c.keeps {
		c.close()
	}
	return body, err
}

func (c *loadClient) tryGet() (string, error) {
	if c.connection == nil {
		if err := c.connect(); err != nil {
			return "", err
		}
	}
	header := ""
	if !c.keeps {
		header = "Connection: close\r\n"
	}
	if err := c.send("GET " + c.path + " HTTP/1.1\r\nHost: web\r\n" + header + "\r\n"); err != nil {
		return "", err
	}
	return c.receive()
}

func (c *loadClient) connect() error {
	connection, err := net.DialTimeout("tcp", c.address, loadPatience)
	if err != nil {
		return err
	}
	c.connections++
	c.connection, c.reader = connection, bufio.NewReader(connection)
	return nil
}

func (c *loadClient) send(text string) error {
	if err := c.connection.SetDeadline(time.Now().Add(loadPatience)); err != nil {
		return err
	}
	_, err := io.WriteString(c.connection, text)
	return err
}

// receive reads an answer, and closes the connection where the other end says so.
func (c *loadClient) receive() (string, error) {
	response, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return "", err
	case response.StatusCode != http.StatusOK:
		return "", fmt.Errorf("the answer is %s: %q", response.Status, body)
	case response.Close:
		c.close()
	}
	return strings.TrimSuffix(string(body), "\n"), nil
}

func (c *loadClient) close() {
	if c.connection != nil {
		c.connection.Close()
		c.connection = nil
	}
}
