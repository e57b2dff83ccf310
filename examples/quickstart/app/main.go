// Command app is what the servers of the quickstart run: a store, and web servers
// that count their visits in it. The store talks only to addresses on its lists,
// and each list has a token of its own.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

// patience bounds every request: how long a server may wait to be admitted.
const patience = 20 * time.Second

func main() {
	ctx := context.Background()
	address, name := os.Getenv("MUSTER_PRIVATE_IP"), os.Getenv("MUSTER_MEMBER")
	err := fmt.Errorf("usage: app store | app admit LIST <endpoints | app web STORE <token")
	switch {
	case len(os.Args) == 2 && os.Args[1] == "store":
		err = (&store{address: address, lists: map[string]*list{}, changed: make(chan struct{}), members: map[string]string{}}).run(ctx)
	case len(os.Args) == 3 && os.Args[1] == "admit":
		client := client{address: address}
		var token string
		if token, err = client.call(ctx, http.MethodPut, address+":7000/lists/"+os.Args[2], os.Stdin); err == nil {
			fmt.Println(token)
		}
	case len(os.Args) == 3 && os.Args[1] == "web":
		token, _ := io.ReadAll(os.Stdin)
		err = runWeb(ctx, name, os.Args[2], client{address: address, token: strings.TrimSpace(string(token))})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "app:", err)
		os.Exit(1)
	}
}

// client sends requests from the server's own address, which the others know.
type client struct{ address, token string }

func (c client) call(ctx context.Context, method, target string, body io.Reader) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, "http://"+target, body)
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", c.token)
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(c.address)}}
	response, err := (&http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}).RoundTrip(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %q", target, strings.TrimSpace(string(answer)))
	}
	return string(answer), err
}

// serve says that it listens, or what up returns, and serves.
func serve(ctx context.Context, address string, handler http.Handler, up func() error) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- (&http.Server{Handler: handler, ReadHeaderTimeout: patience}).Serve(listener) }()
	if err := up(); err != nil {
		return err
	}
	fmt.Println("up")
	_ = os.Stdout.Close() // The boot script reads it to its end.
	return <-ended
}

func runWeb(ctx context.Context, name, store string, c client) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, name) })
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		visits, err := c.call(r.Context(), http.MethodPost, store+":7000/visits", nil)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		fmt.Fprintf(w, "%s: visit %s, counted by the store at %s", name, visits, store)
	})
	return serve(ctx, c.address+":8080", mux, func() error {
		_, err := c.call(ctx, http.MethodPost, store+":7000/members", nil)
		return err
	})
}

type list struct {
	token     string
	endpoints []string
}

type store struct {
	address string
	mu      sync.Mutex
	lists   map[string]*list
	changed chan struct{} // It is closed, and replaced, when a list changes.
	members map[string]string
	visits  int
}

func (s *store) run(ctx context.Context) error {
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /lists/{list}", s.admit)
	mux.HandleFunc("POST /members", s.join)
	mux.HandleFunc("POST /visits", s.visit)
	mux.HandleFunc("GET /members", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		_ = json.NewEncoder(w).Encode(s.members)
	})
	return serve(ctx, s.address+":7000", mux, func() error { return nil })
}

// admit replaces a list of endpoints and answers with the list's token. Only the
// store's own server may do so.
func (s *store) admit(w http.ResponseWriter, r *http.Request) {
	endpoints, err := io.ReadAll(r.Body)
	if err != nil || host(r) != s.address {
		http.Error(w, "only the store itself may", http.StatusForbidden)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	name := r.PathValue("list")
	if s.lists[name] == nil {
		s.lists[name] = &list{token: rand.Text()}
	}
	s.lists[name].endpoints = strings.Split(string(endpoints), ",")
	close(s.changed)
	s.changed = make(chan struct{})
	fmt.Fprint(w, s.lists[name].token)
}

// join waits until the server is on a list, and takes it in if it answers.
func (s *store) join(w http.ResponseWriter, r *http.Request) {
	endpoint := ""
	for {
		s.mu.Lock()
		changed := s.changed // Taken first, so that no change is missed.
		s.mu.Unlock()
		if endpoint = s.endpoint(r); endpoint != "" {
			break
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		}
	}
	name, err := client{address: s.address}.call(r.Context(), http.MethodGet, endpoint+"/health", nil)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.members[name] = endpoint
}

func (s *store) visit(w http.ResponseWriter, r *http.Request) {
	if s.endpoint(r) == "" {
		http.Error(w, "you are on no list", http.StatusForbidden)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.visits++
	fmt.Fprint(w, s.visits)
}

// endpoint returns the endpoint of the server that sends the request, if that is on
// a list and has the token of that list.
func (s *store) endpoint(r *http.Request) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, list := range s.lists {
		for _, endpoint := range list.endpoints {
			if strings.HasPrefix(endpoint, host(r)+":") && r.Header.Get("Authorization") == list.token {
				return endpoint
			}
		}
	}
	return ""
}

func host(r *http.Request) string {
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	return host
}
