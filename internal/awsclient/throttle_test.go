package awsclient_test

import (
	"net/http"
	"net/url"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/awsclient"
)

// account quotas differ, and others use them up: gate is a token bucket of AWS as it
// really is.
type gate struct {
	mu        sync.Mutex
	burst     float64
	perSecond float64
	tokens    float64
	filled    time.Time
	refused   int
}

// pass answers a request: success, or throttled.
func (g *gate) pass(*http.Request, url.Values) answer {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if g.filled.IsZero() {
		g.tokens = g.burst
	} else {
		g.tokens = min(g.burst, g.tokens+now.Sub(g.filled).Seconds()*g.perSecond)
	}
	g.filled = now
	if g.tokens < 1 {
		g.refused++
		return answer{status: 503, code: "RequestLimitExceeded", message: "Request limit exceeded."}
	}
	g.tokens--
	return answer{status: 200}
}

// change lets another rate hold from now on.
func (g *gate) change(burst, perSecond float64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.burst, g.perSecond = burst, perSecond
}

// Against an account that allows a quarter of what is documented, calls slow down: all
// succeed, with few attempts in vain, and in a time that isn't far from the shortest.
func TestSession_adaptsToASlowAccount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, g := newScript(t), &gate{burst: 1, perSecond: 0.5}
		s.answer = g.pass
		session := s.open(awsclient.Options{})
		const calls = 200
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				for range calls / 10 {
					if err := launch(t.Context(), session, 1); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		shortest := time.Duration(float64(calls-1)/0.5) * time.Second
		took := time.Since(s.start())
		t.Logf("%d calls took %s, with %d attempts throttled; the shortest time is %s", calls, took, g.refused, shortest)
		if took > shortest*3/2 {
			t.Errorf("the calls took %s, want at most half more than %s", took, shortest)
		}
		if g.refused > calls/3 {
			t.Errorf("%d attempts were throttled", g.refused)
		}
	})
}

// After the account has been busy, the rate comes back.
func TestSession_recovers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, g := newScript(t), &gate{burst: 1, perSecond: 0.2}
		s.answer = g.pass
		session := s.open(awsclient.Options{})
		launches := func(count int) time.Duration {
			begun := time.Now()
			for range count {
				if err := launch(t.Context(), session, 1); err != nil {
					t.Fatal(err)
				}
			}
			return time.Since(begun)
		}
		if took := launches(20); took < 90*time.Second {
			t.Fatalf("20 calls took %s while the account was busy", took)
		}
		g.change(1000, 1000)
		launches(50)
		if took, want := launches(16), 10*time.Second; took.Round(time.Second) != want {
			t.Errorf("16 calls took %s, want %s as at first", took, want)
		}
	})
}

// An account with a higher throughput is made use of, and one without isn't pushed.
func TestSession_writesParameters(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		perSecond         float64
		shortest, longest time.Duration
		throttled         int
	}{
		"3 per second":  {perSecond: 3, shortest: 32 * time.Second, longest: 50 * time.Second, throttled: 20},
		"10 per second": {perSecond: 10, shortest: 12 * time.Second, longest: 20 * time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, g := newScript(t), &gate{burst: test.perSecond, perSecond: test.perSecond}
				s.answer = g.pass
				repeat(t, s, "PutParameter", 100)
				took := time.Since(s.start())
				t.Logf("100 writes took %s, with %d attempts throttled", took, g.refused)
				if took < test.shortest || took > test.longest {
					t.Errorf("100 writes took %s, want %s to %s", took, test.shortest, test.longest)
				}
				if g.refused > test.throttled {
					t.Errorf("%d attempts were throttled, want at most %d", g.refused, test.throttled)
				}
			})
		})
	}
}

// Of the requests that were under way together, one throttled answer counts.
func TestSession_slowsDownOnceForTheRequestsOfOneMoment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t)
		throttled := 4
		var mu sync.Mutex
		s.answer = func(*http.Request, url.Values) answer {
			mu.Lock()
			defer mu.Unlock()
			if throttled--; throttled >= 0 {
				return answer{status: 503, code: "RequestLimitExceeded", took: time.Second}
			}
			return answer{status: 200}
		}
		session := s.open(awsclient.Options{})
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if err := launch(t.Context(), session, 1); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		// Lowered once: 1.1 per second, and a bit more with every answer. Lowered four
		// times: 0.4.
		times := s.times()
		if took := times[len(times)-1] - times[4]; took > 4*time.Second {
			t.Errorf("4 calls took %s, as if each had been slowed down for itself", took)
		}
	})
}
