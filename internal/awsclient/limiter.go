package awsclient

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
)

// limiter keeps the calls of one session below AWS's rates, with a bucket for each
// API. It works within the retry loop: a repeated attempt waits for its turn like any
// other, and an attempt that is throttled slows down the following ones.
type limiter struct {
	now func() time.Time

	mu      sync.Mutex
	buckets map[string]*bucket
}

func newLimiter(now func() time.Time) *limiter {
	return &limiter{now: now, buckets: make(map[string]*bucket)}
}

// ID implements the SDK's interface for middleware.
func (l *limiter) ID() string { return "muster:limiter" }

// HandleFinalize implements [middleware.FinalizeMiddleware].
func (l *limiter) HandleFinalize(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
	out middleware.FinalizeOutput, metadata middleware.Metadata, err error,
) {
	requests, instances, tokens := l.bucketsOf(ctx)
	if err := admit(ctx, requests, instances, tokens); err != nil {
		return out, metadata, &smithy.CanceledError{Err: err}
	}
	sent := l.now()
	out, metadata, err = next.HandleFinalize(ctx, in)
	now := l.now()
	if instances != nil {
		instances.giveBack(now, unusedTokens(tokens, out.Result, err))
	}
	if requests == nil {
		return out, metadata, err
	}
	switch {
	case err == nil:
		requests.answered(now)
	case retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == aws.TrueTernary:
		requests.throttled(sent, now)
	}
	return out, metadata, err
}

// admit waits until the buckets have the tokens of a call.
func admit(ctx context.Context, requests, instances *bucket, tokens int) error {
	if instances != nil {
		if err := instances.take(ctx, tokens); err != nil {
			return err
		}
	}
	if requests != nil {
		return requests.take(ctx, 1)
	}
	return nil
}

// bucketsOf returns the buckets of a call, nil where it has none, and how many tokens
// it takes out of the one for instances.
func (l *limiter) bucketsOf(ctx context.Context) (requests, instances *bucket, tokens int) {
	if name, q, ok := quotaOf(middleware.GetServiceID(ctx), middleware.GetOperationName(ctx)); ok {
		requests = l.bucket(name, q)
	}
	name, q, tokens := instancesQuota(argumentsOf(ctx))
	if tokens > 0 {
		instances = l.bucket(name, q)
	}
	return requests, instances, tokens
}

func (l *limiter) bucket(name string, q quota) *bucket {
	l.mu.Lock()
	defer l.mu.Unlock()
	found, ok := l.buckets[name]
	if !ok {
		found = newBucket(q)
		l.buckets[name] = found
	}
	return found
}
