package imds

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// versioned matches the versions of the service that are spoken here: those that know
// tags.
var versioned = regexp.MustCompile(`^/(latest|2021-03-23|2021-07-15|2022-09-24|2024-04-11)(/|$)`)

// Service is the metadata service of one instance. It is an [http.Handler].
type Service struct {
	metadata Metadata
	userData []byte
	now      func() time.Time
	server   *http.Server
	endpoint string

	mu     sync.Mutex
	tokens map[string]time.Time
	calls  map[string]int
	// every and status are the throttling, seen how many requests it has counted.
	every, status, seen int
}

// New returns a service that listens nowhere yet. Empty user data doesn't exist. The
// age of session tokens is measured with now.
func New(metadata Metadata, userData []byte, now func() time.Time) *Service {
	return &Service{
		metadata: metadata,
		userData: userData,
		now:      now,
		tokens:   make(map[string]time.Time),
		calls:    make(map[string]int),
	}
}

// Listen starts to serve on a free port of 127.0.0.1, until Close.
func (s *Service) Listen() error {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp4", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listening for the metadata service: %w", err)
	}
	s.endpoint = "http://" + listener.Addr().String()
	s.server = &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	go func() { _ = s.server.Serve(listener) }()
	return nil
}

// Endpoint is the URL under which the service listens, without a slash at its end.
func (s *Service) Endpoint() string { return s.endpoint }

// Close ends a service that listens, and its connections.
func (s *Service) Close() error { return s.server.Close() }

// ExpireTokens makes every session token that was handed out invalid.
func (s *Service) ExpireTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
}

// SetThrottle makes every so-manieth request from now on fail with the status, 503 or
// 429; 0: none, 1: every one.
func (s *Service) SetThrottle(every, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.every, s.status, s.seen = every, status, 0
}

// Calls returns how many requests there were, by method and path, like
// "GET /latest/meta-data/instance-id", whatever the answer was.
func (s *Service) Calls() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.calls)
}

// ServeHTTP implements [http.Handler].
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Server", "EC2ws")
	view := s.metadata.View()
	switch status := s.count(r); {
	case status != 0:
		refuse(w, status)
	case view.Disabled:
		refuse(w, http.StatusForbidden)
	case r.Method == http.MethodPut:
		s.handOut(w, r)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		refuse(w, http.StatusMethodNotAllowed)
	case !s.admits(r, view.TokensOptional):
		refuse(w, http.StatusUnauthorized)
	default:
		s.answer(w, r.URL.Path, view)
	}
}

// count notes the request and returns the status with which it is throttled, or 0.
func (s *Service) count(r *http.Request) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[r.Method+" "+r.URL.Path]++
	s.seen++
	if s.every > 0 && s.seen%s.every == 0 {
		return s.status
	}
	return 0
}

// answer says what is at the path: an item's value, or the names below a category.
func (s *Service) answer(w http.ResponseWriter, path string, view View) {
	version := versioned.FindString(path)
	if version == "" {
		refuse(w, http.StatusNotFound)
		return
	}
	items := view.items(s.userData)
	content, err := read(items, strings.TrimPrefix(path, version))
	switch {
	case errors.Is(err, errNoItem):
		refuse(w, http.StatusNotFound)
	case err != nil:
		refuse(w, http.StatusInternalServerError)
	default:
		w.Header().Set("Content-Type", contentType(path))
		_, _ = w.Write(content)
	}
}

func contentType(path string) string {
	if strings.HasSuffix(path, "/user-data") {
		return "application/octet-stream"
	}
	return "text/plain"
}

// read returns the value of the item, or a line for each of what is directly below
// the category; there is no newline at the end.
func read(items map[string]item, path string) ([]byte, error) {
	if value, ok := items[path]; ok {
		return value()
	}
	prefix := strings.TrimSuffix(path, "/")
	if prefix != "" {
		prefix += "/"
	}
	names := make(map[string]bool)
	for name := range items {
		if below, ok := strings.CutPrefix(name, prefix); ok {
			child, _, category := strings.Cut(below, "/")
			if category {
				child += "/"
			}
			names[child] = true
		}
	}
	if len(names) == 0 {
		return nil, errNoItem
	}
	return []byte(strings.Join(slices.Sorted(maps.Keys(names)), "\n")), nil
}

// refuse answers with a page of HTML, as the service does: only the status counts.
func refuse(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	title := fmt.Sprintf("%d - %s", status, http.StatusText(status))
	_, _ = fmt.Fprintf(w, "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n<html lang=\"en\">\n <head>\n  <title>%[1]s</title>\n </head>\n <body>\n  <h1>%[1]s</h1>\n </body>\n</html>\n", title)
}
