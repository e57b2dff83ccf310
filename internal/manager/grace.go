package manager

import (
	"context"
	"time"
)

// grace is how long what has been begun may go on after it was cancelled, to record or
// to undo it and to look at what exists: all of that must reach Terraform's state.
const grace = 30 * time.Second

// withGrace returns a context that ends after ctx, by the grace. Before ctx ends it has
// no deadline: a hosting service that is slow or throttled may take its time.
func withGrace(ctx context.Context) (context.Context, context.CancelFunc) {
	extended, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		last, release := context.WithTimeout(extended, grace)
		defer release()
		<-last.Done()
		cancel(context.Cause(last))
	})
	return extended, func() {
		stop()
		cancel(context.Canceled)
	}
}
