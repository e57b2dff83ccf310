package provider_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

const (
	etcdPollPace  = time.Second
	etcdWritePace = 50 * time.Millisecond

	// writePrefix and writeEnd enclose the keys that are written.
	writePrefix = "write/"
	writeEnd    = "write0"
)

// etcdWatch asks every member of a cluster how it is, and writes and reads back, until it
// is stopped.
type etcdWatch struct {
	t      *testing.T
	cancel context.CancelFunc
	ended  sync.WaitGroup

	mu sync.Mutex
	// endpoints are those of the members that vote.
	endpoints []etcdEndpoint
	// faults are what must never happen.
	faults []string
	// seen is what has been seen since the last report.
	seen etcdFigures
	// writes counts what was acknowledged in all, and tries what was written or read.
	writes, tries int
	// acknowledgedAt is the instant of the last acknowledgement.
	acknowledgedAt time.Time
}

// etcdFigures is what the watch has seen.
type etcdFigures struct {
	polls int
	// healthy is how many members were healthy at least, and spare how many more than the
	// quorum.
	healthy, spare int
	// writes were acknowledged; failures are what was tried in vain, and tried again.
	writes, failures int
	// pause is the longest time from one acknowledgement to the next.
	pause time.Duration
}

func noFigures() etcdFigures { return etcdFigures{healthy: math.MaxInt, spare: math.MaxInt} }

func (f etcdFigures) String() string {
	return fmt.Sprintf("%d polls, at least %d members healthy, %d more than the quorum; %d writes acknowledged, %d failures, at most %s without a write",
		f.polls, f.healthy, f.spare, f.writes, f.failures, f.pause.Round(time.Millisecond))
}

// watchEtcd begins to watch the cluster.
func watchEtcd(t *testing.T, endpoints []etcdEndpoint) *etcdWatch {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	watch := &etcdWatch{t: t, cancel: cancel, endpoints: endpoints, seen: noFigures(), acknowledgedAt: time.Now()}
	watch.ended.Go(func() { repeat(ctx, etcdPollPace, watch.poll) })
	watch.ended.Go(func() { repeat(ctx, etcdWritePace, watch.write) })
	t.Cleanup(watch.ended.Wait)
	t.Cleanup(cancel)
	return watch
}

func repeat(ctx context.Context, pace time.Duration, do func(context.Context)) {
	_ = wait.Until(ctx, pace, func(ctx context.Context) (bool, error) {
		do(ctx)
		return false, nil
	})
}

// report logs what has been seen since the last report; during says what has been done.
func (w *etcdWatch) report(during string) {
	w.t.Helper()
	w.mu.Lock()
	seen := w.seen
	w.seen = noFigures()
	w.mu.Unlock()
	w.t.Logf("%s: %s", during, seen)
	if seen.polls == 0 || seen.writes == 0 {
		w.t.Errorf("nothing was watched during %s", during)
	}
}

// stop ends the watch, and wants the cluster to have everything that it has acknowledged.
func (w *etcdWatch) stop() {
	w.t.Helper()
	w.cancel()
	w.ended.Wait()
	for _, fault := range w.faults {
		w.t.Error(fault)
	}
	members, err := w.membersNow(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, endpoint := range voters(members) {
		got, err := endpoint.count(w.t.Context(), writePrefix, writeEnd)
		// The last one may have been written and not been acknowledged.
		if err != nil || got < w.writes || got > w.writes+1 {
			w.t.Errorf("%s has %d writes (%v), want the %d that were acknowledged", endpoint, got, err, w.writes)
		}
	}
	w.t.Logf("all of the %d acknowledged writes are there", w.writes)
}

// poll counts the healthy members.
func (w *etcdWatch) poll(ctx context.Context) {
	members, err := w.membersNow(ctx)
	voting := voters(members)
	results := make([]error, len(voting))
	var asked sync.WaitGroup
	for index, endpoint := range voting {
		asked.Go(func() { results[index] = endpoint.health(ctx) })
	}
	asked.Wait()
	if ctx.Err() != nil {
		return
	}
	healthy := len(voting)
	for _, result := range results {
		if result != nil {
			healthy--
		}
	}
	spare := healthy - quorumOf(members)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil || spare < 0 {
		w.fault("%d of %d members are healthy, too few for a quorum: %v", healthy, len(voting), errors.Join(err, errors.Join(results...)))
	}
	if len(voting) > 0 {
		w.endpoints = voting
	}
	w.seen.polls++
	w.seen.healthy, w.seen.spare = min(w.seen.healthy, healthy), min(w.seen.spare, spare)
}

// quorumOf counts also the voting members that have not started: they would be missed.
func quorumOf(members []etcdMember) int {
	voting := 0
	for _, member := range members {
		if !member.IsLearner {
			voting++
		}
	}
	return voting/2 + 1
}

// membersNow asks one member after the other who the members are.
func (w *etcdWatch) membersNow(ctx context.Context) ([]etcdMember, error) {
	w.mu.Lock()
	endpoints := w.endpoints
	w.mu.Unlock()
	var refusals error
	for _, endpoint := range endpoints {
		members, err := endpoint.members(ctx)
		if err == nil {
			return members, nil
		}
		refusals = errors.Join(refusals, err)
	}
	return nil, refusals
}

// write writes a key through one member, and reads it back through the next one.
func (w *etcdWatch) write(ctx context.Context) {
	// What isn't acknowledged may have been written all the same: the next try is to
	// write the same.
	text := strconv.Itoa(w.writes + 1)
	key := writePrefix + text
	writer := w.next()
	err := writer.put(ctx, key, text)
	w.countWrite(err)
	if err != nil {
		return
	}
	reader := w.next()
	got, found, err := reader.get(ctx, key)
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case err != nil:
		w.seen.failures++
	case !found || got != text:
		w.fault("%s has %q under %s, which %s has acknowledged", reader, got, key, writer)
	}
}

func (w *etcdWatch) countWrite(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.seen.failures++
		return
	}
	now := time.Now()
	w.writes++
	w.seen.writes++
	w.seen.pause = max(w.seen.pause, now.Sub(w.acknowledgedAt))
	w.acknowledgedAt = now
}

// next returns the members' endpoints in turn.
func (w *etcdWatch) next() etcdEndpoint {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tries++
	return w.endpoints[w.tries%len(w.endpoints)]
}

// fault notes what must never happen. Caller guarantees that w.mu is held.
func (w *etcdWatch) fault(format string, arguments ...any) {
	w.faults = append(w.faults, fmt.Sprintf(format, arguments...))
}
