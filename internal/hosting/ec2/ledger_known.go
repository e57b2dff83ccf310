package ec2

import (
	"context"
	"crypto/rsa"
	"maps"
	"slices"
	"strings"
	"sync"
)

// ledger is what this process knows of the ledger in SSM. What it has seen once is never
// unseen: an answer that is older than that is passed over.
type ledger struct {
	mu sync.Mutex
	// known are the newest states by parameter.
	known map[string]state
	// deleted are the incarnations, and the records, that this process has deleted.
	deleted map[string]bool
	// agreed are the versions of records that two reads have agreed upon.
	agreed map[string]int64
	// current are the incarnations whose sends only this process records; see sends.
	current map[string]bool
	// begun is the newest attempt that this process has begun, by incarnation.
	begun map[string]int
	keys  map[string]*rsa.PrivateKey
	// locks serialize the writers of this process.
	locks map[string]chan struct{}
}

func newLedger() ledger {
	return ledger{
		known:   make(map[string]state),
		deleted: make(map[string]bool),
		agreed:  make(map[string]int64),
		current: make(map[string]bool),
		begun:   make(map[string]int),
		keys:    make(map[string]*rsa.PrivateKey),
		locks:   make(map[string]chan struct{}),
	}
}

// lock waits until nobody else in this process writes what has the name.
func (l *ledger) lock(ctx context.Context, name string) (unlock func(), err error) {
	l.mu.Lock()
	lock, ok := l.locks[name]
	if !ok {
		lock = make(chan struct{}, 1)
		l.locks[name] = lock
	}
	l.mu.Unlock()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	select {
	case lock <- struct{}{}:
		return func() { <-lock }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// get returns what is known of a parameter; the zero state where nothing is.
func (l *ledger) get(name string) state {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.known[name]
}

// set records what was read or written, unless more is known by now.
func (l *ledger) set(name string, fresh state) {
	l.mu.Lock()
	defer l.mu.Unlock()
	known := l.known[name]
	switch {
	case known.incarnation == fresh.incarnation && known.version > fresh.version:
		return
	case known.incarnation != fresh.incarnation && known.incarnation != "" && fresh.own:
		// SSM may still show what this process has written its successor of.
		l.deleted[known.incarnation] = true
	}
	l.known[name] = fresh
}

// forget drops what is known of parameters that are gone.
func (l *ledger) forget(names ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, name := range names {
		delete(l.known, name)
		delete(l.agreed, name)
	}
}

// forgetIncarnation keeps what SSM still shows of a deleted incarnation from being
// believed.
func (l *ledger) forgetIncarnation(record, incarnation string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deleted[record], l.deleted[incarnation] = true, true
	delete(l.current, incarnation)
	delete(l.begun, incarnation)
	delete(l.keys, incarnation)
}

// hasDeleted reports whether this process has deleted the record, or the incarnation.
func (l *ledger) hasDeleted(name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.deleted[name]
}

// unlistedRecords names the known records below the path that aren't listed.
func (l *ledger) unlistedRecords(path string, listed map[string]parameter) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	names := slices.Sorted(maps.Keys(l.known))
	return slices.DeleteFunc(names, func(name string) bool {
		_, found := listed[name]
		return found || strings.Contains(strings.TrimPrefix(name, path+"/"), "/")
	})
}

func (l *ledger) agree(name string, version int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.agreed[name] = version
}

// believable reports whether the state of a record needs no second look: this
// process has written it, or has looked twice.
func (l *ledger) believable(name string, s state) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return s.own || l.agreed[name] == s.version
}

// begin notes that this process has begun the incarnation's newest attempt.
func (l *ledger) begin(incarnation string, attempt int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.begun[incarnation] = attempt
}

// isCurrent reports whether only this process can have recorded sends of the attempt.
func (l *ledger) isCurrent(incarnation string, attempt int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.current[incarnation] || attempt > 0 && l.begun[incarnation] == attempt
}

// makeCurrent notes that whatever others have recorded is known.
func (l *ledger) makeCurrent(incarnation string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.current[incarnation] = true
}

func (l *ledger) key(incarnation string) *rsa.PrivateKey {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.keys[incarnation]
}

func (l *ledger) setKey(incarnation string, key *rsa.PrivateKey) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keys[incarnation] = key
}
