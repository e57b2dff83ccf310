package ec2

import (
	"context"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

// AWS shows what was written with a delay that it doesn't bound; it is said to be
// seconds.
const (
	// lagPatience is how long something that must be there may stay hidden before it
	// is believed to be gone; lagInterval is the pause between two looks for it.
	lagPatience = 20 * time.Second
	lagInterval = 2 * time.Second
	// agreement is the time between two reads that have to agree before they are believed,
	// where an old answer would do harm.
	agreement = 4 * time.Second
)

// settles calls done until it returns true, or an error, or for as long as a lag
// may last; then it returns false. Only waiting counts against that time, and no call is
// cut short by it.
func settles(ctx context.Context, done func(context.Context) (bool, error)) (bool, error) {
	patient, cancel := context.WithTimeout(ctx, lagPatience)
	defer cancel()
	finished := false
	var failure error
	err := wait.Until(patient, lagInterval, func(context.Context) (bool, error) {
		finished, failure = done(ctx)
		return finished, failure
	})
	switch {
	case failure != nil:
		return false, failure
	case err != nil && ctx.Err() != nil:
		return false, context.Cause(ctx)
	}
	return finished, nil
}

// pause waits.
func pause(ctx context.Context, interval time.Duration) error {
	waited := false
	return wait.Until(ctx, interval, func(context.Context) (bool, error) {
		defer func() { waited = true }()
		return waited, nil
	})
}
