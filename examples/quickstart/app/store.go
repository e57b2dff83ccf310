package main

import (
	"context"
	"crypto/subtle"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
)

type store struct {
	options

	mu      sync.Mutex
	lists   map[string][]string
	changed chan struct{} // It is closed, and replaced, when a list changes.
	members map[string]string
	visits  int
}

func runStore(o options) error {
	s := &store{options: o, lists: map[string][]string{}, changed: make(chan struct{}), members: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /lists/{list}", s.guard(s.putList))
	mux.HandleFunc("POST /members/{name}", s.guard(s.join))
	mux.HandleFunc("POST /visits", s.guard(s.visit))
	mux.HandleFunc("GET /members", s.listMembers)
	served, err := serve(o.address, storePort, mux)
	if err != nil {
		return err
	}
	say("the store listens at %s", o.address)
	return <-served
}

// guard lets only requests with the token pass.
func (s *store) guard(next func(w http.ResponseWriter, r *http.Request, from string)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		from, _, _ := net.SplitHostPort(r.RemoteAddr)
		if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+s.token)) != 1 {
			http.Error(w, "wrong token", http.StatusUnauthorized)
			return
		}
		next(w, r, from)
	}
}

func (s *store) putList(_ http.ResponseWriter, r *http.Request, _ string) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lists[r.PathValue("list")] = strings.Split(strings.TrimSpace(string(body)), ",")
	close(s.changed)
	s.changed = make(chan struct{})
}

// join waits until the server is on a list, and takes it in if it answers.
func (s *store) join(w http.ResponseWriter, r *http.Request, from string) {
	if !s.awaitAdmission(r.Context(), from) {
		return
	}
	name, err := s.call(http.MethodGet, from, webPort, "/health", "")
	if err != nil || name != r.PathValue("name") {
		http.Error(w, fmt.Sprintf("%s does not answer as %s: %v", from, r.PathValue("name"), err), http.StatusBadGateway)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.members[name] = from
}

// awaitAdmission reports false when the server has given up.
func (s *store) awaitAdmission(ctx context.Context, address string) bool {
	for {
		s.mu.Lock()
		admitted, changed := s.admitted(address), s.changed
		s.mu.Unlock()
		if admitted {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

func (s *store) admitted(address string) bool {
	for _, list := range s.lists {
		for _, listed := range list {
			if listed == address {
				return true
			}
		}
	}
	return false
}

func (s *store) visit(w http.ResponseWriter, _ *http.Request, _ string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.visits++
	fmt.Fprint(w, s.visits)
}

func (s *store) listMembers(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	encode(w, s.members)
}
