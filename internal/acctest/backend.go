package acctest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// Backend is a store for a state, with locking, as Terraform's backend "http" asks
// for one. Unlike a state file it is written when a command ends, and not before.
type Backend struct {
	server *httptest.Server

	mu      sync.Mutex
	content []byte
	lock    []byte
	// hung is closed when a state was given that is not stored; nil: all are.
	hung chan struct{}
}

// NewBackend returns an empty store on loopback, for as long as the test runs.
func NewBackend(t testing.TB) *Backend {
	t.Helper()
	b := &Backend{}
	b.server = httptest.NewServer(b)
	t.Cleanup(b.server.Close)
	return b
}

// Block returns the text by which a configuration has its state in the store.
func (b *Backend) Block() string {
	return fmt.Sprintf("terraform {\n  backend \"http\" {\n    address        = %[1]q\n    lock_address   = %[1]q\n    unlock_address = %[1]q\n  }\n}\n", b.server.URL)
}

// Hang makes the store take the next state that it is given and neither store it nor
// answer. The channel is closed when that has happened.
func (b *Backend) Hang() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hung = make(chan struct{})
	return b.hung
}

// State returns the stored state.
func (b *Backend) State(t testing.TB) State {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	state, err := ParseState(b.content)
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// LockID returns the ID of the lock that somebody holds, or has left; empty if
// nobody does.
func (b *Backend) LockID(t testing.TB) string {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	var lock struct{ ID string }
	if b.lock == nil {
		return ""
	}
	if err := json.Unmarshal(b.lock, &lock); err != nil {
		t.Fatal(err)
	}
	return lock.ID
}

// ServeHTTP implements the protocol of Terraform's backend "http".
func (b *Backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if r.Method == http.MethodPost && b.hangs() {
		<-r.Context().Done()
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch r.Method {
	case http.MethodGet:
		if b.content == nil {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		_, _ = w.Write(b.content)
	case http.MethodPost:
		b.content = body
	case "LOCK":
		if b.lock != nil {
			w.WriteHeader(http.StatusLocked)
			_, _ = w.Write(b.lock)
			return
		}
		b.lock = body
	case "UNLOCK":
		b.lock = nil
	default:
		http.Error(w, r.Method+" is no method of a state's store", http.StatusMethodNotAllowed)
	}
}

func (b *Backend) hangs() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.hung == nil {
		return false
	}
	close(b.hung)
	b.hung = nil
	return true
}
