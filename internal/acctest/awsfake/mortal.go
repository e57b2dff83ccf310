package awsfake

import (
	"fmt"
	"net/http"
	"sync"
)

// Fate is what becomes of a client at one of its calls.
type Fate int

// The fates.
const (
	// DiesBefore: the call doesn't reach the world, nor does any after it.
	DiesBefore Fate = iota
	// DiesAfter: the call takes effect, and its answer doesn't arrive; no further call
	// reaches the world.
	DiesAfter
	// LosesRequest: the call doesn't reach the world; life goes on.
	LosesRequest
	// LosesAnswer: the call takes effect, and its answer doesn't arrive; life goes on.
	LosesAnswer
)

func (f Fate) String() string {
	return [...]string{"dies before", "dies after", "loses request", "loses answer"}[f]
}

// Mortal is the transport of a client that something happens to at its k-th call. Calls
// are counted as they are made, repeated ones too.
type Mortal struct {
	next http.RoundTripper
	fate Fate
	at   int
	kill func()

	mu    sync.Mutex
	calls int
	dead  bool
}

var _ http.RoundTripper = (*Mortal)(nil)

// NewMortal returns a transport with that fate at call number at, counted from 1; 0:
// never, it only counts. kill is called at the moment of death, so that what runs in
// the client can be ended as the death of a process would; it may be nil.
func NewMortal(next http.RoundTripper, fate Fate, at int, kill func()) *Mortal {
	return &Mortal{next: next, fate: fate, at: at, kill: kill}
}

// Calls returns how many calls the client has made while it lived.
func (m *Mortal) Calls() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.calls
}

// Dead reports whether the client has died.
func (m *Mortal) Dead() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dead
}

// RoundTrip implements [http.RoundTripper].
func (m *Mortal) RoundTrip(r *http.Request) (*http.Response, error) {
	call, now := m.count()
	if call == 0 {
		return nil, &DeathError{Call: m.at}
	}
	if !now {
		return m.next.RoundTrip(r)
	}
	if m.fate == DiesAfter || m.fate == LosesAnswer {
		if response, err := m.next.RoundTrip(r); err == nil {
			_ = response.Body.Close()
		}
	}
	if m.fate == LosesRequest || m.fate == LosesAnswer {
		return nil, fmt.Errorf("call %d: the connection broke", call)
	}
	if m.kill != nil {
		m.kill()
	}
	return nil, &DeathError{Call: call}
}

// count returns the number of the call, 0 for that of a dead client, and whether it is
// the one that matters.
func (m *Mortal) count() (call int, now bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead {
		return 0, false
	}
	m.calls++
	now = m.calls == m.at
	m.dead = now && (m.fate == DiesBefore || m.fate == DiesAfter)
	return m.calls, now
}

// DeathError is what the calls of a dead client return. The SDK doesn't repeat them.
type DeathError struct {
	// Call is the number of the call at which it died.
	Call int
}

func (e *DeathError) Error() string { return fmt.Sprintf("the client died at call %d", e.Call) }

// CanceledError tells the SDK not to try again.
func (e *DeathError) CanceledError() bool { return true }
