// Package wait holds the one place of the project that sleeps.
package wait

import (
	"context"
	"time"
)

// Until calls done at once and then after every interval until it returns true
// or an error, which Until returns. When ctx ends first, Until returns
// [context.Cause]; done is not called again.
func Until(ctx context.Context, interval time.Duration, done func(context.Context) (bool, error)) error {
	return Paced(ctx, func() time.Duration { return interval }, done)
}

// Paced is Until with an interval that is asked for anew before every wait.
func Paced(ctx context.Context, interval func() time.Duration, done func(context.Context) (bool, error)) error {
	timer := time.NewTimer(0) //nolint:forbidigo // This is the one place that sleeps.
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-timer.C:
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		ok, err := done(ctx)
		if ok || err != nil {
			return err
		}
		timer.Reset(interval())
	}
}
