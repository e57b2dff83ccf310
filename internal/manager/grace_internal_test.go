package manager

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestWithGrace(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cancelAfter time.Duration
		want        time.Duration
	}{
		"what was cancelled before has the grace":    {0, grace},
		"what is cancelled late has it from then on": {time.Hour, time.Hour + grace},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				parent, cancelParent := context.WithCancel(t.Context())
				time.AfterFunc(test.cancelAfter, cancelParent)
				begun := time.Now()
				ctx, cancel := withGrace(parent)
				defer cancel()
				<-ctx.Done()
				if got := time.Since(begun); got != test.want {
					t.Errorf("it has ended after %v, want %v", got, test.want)
				}
				if !errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
					t.Errorf("it has ended for %v, want its deadline", context.Cause(ctx))
				}
			})
		})
	}
}

func TestWithGrace_done(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		parent, cancelParent := context.WithCancel(t.Context())
		ctx, cancel := withGrace(parent)
		cancel()
		if ctx.Err() == nil {
			t.Error("it goes on after what it was for is done")
		}
		cancelParent() // The bubble would not end if anything waited for it.
	})
}
