package awsclient

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// raises is how many answers it takes to go from nothing to the full rate.
	raises = 50
	// lowers is the factor by which a throttled answer lowers the rate; that of CUBIC
	// (RFC 9438), because to halve it leaves a third of a slow account's rate unused.
	lowers = 0.7
	// lowest is the part of the full rate below which no throttling leads.
	lowest = 0.1
)

// bucket is a token bucket whose rate follows what AWS answers: additive increase,
// multiplicative decrease (Chiu and Jain, 1989). The account is shared with others,
// and its rates may have been changed.
type bucket struct {
	// turn is held by the one caller that waits for tokens, so that a rate that
	// changes meanwhile holds for the next one already.
	turn    chan struct{}
	limiter *rate.Limiter
	most    rate.Limit

	mu      sync.Mutex
	lowered time.Time
}

func newBucket(q quota) *bucket {
	return &bucket{
		turn:    make(chan struct{}, 1),
		limiter: rate.NewLimiter(share*q.perSecond, max(1, int(share*float64(q.burst)))),
		most:    share * q.most,
	}
}

// take waits until the bucket has the tokens, and takes them. It fails only when ctx
// ends, with ctx's error.
func (b *bucket) take(ctx context.Context, tokens int) error {
	select {
	case b.turn <- struct{}{}:
		defer func() { <-b.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if b.limiter.WaitN(ctx, min(tokens, b.limiter.Burst())) == nil {
		return nil
	}
	// The limiter doesn't begin to wait for what comes after the deadline. Callers
	// tell a deadline from a failure by ctx, so it has to have passed.
	<-ctx.Done()
	return ctx.Err()
}

// giveBack returns tokens that weren't needed.
func (b *bucket) giveBack(now time.Time, tokens int) {
	// The limiter adds what is taken as a negative number, up to its burst.
	b.limiter.AllowN(now, -tokens)
}

// throttled lowers the rate and empties the bucket, as that of AWS is empty. Of the
// requests that were under way together only the first answer counts.
func (b *bucket) throttled(sent, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if sent.Before(b.lowered) {
		return
	}
	b.lowered = now
	b.limiter.AllowN(now, max(0, int(b.limiter.TokensAt(now))))
	b.limiter.SetLimitAt(now, max(lowers*b.limiter.Limit(), lowest*b.most))
}

// answered raises the rate by a step.
func (b *bucket) answered(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if limit := b.limiter.Limit(); limit < b.most {
		b.limiter.SetLimitAt(now, min(limit+b.most/raises, b.most))
	}
}
