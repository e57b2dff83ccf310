package wait_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

func TestUntil(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	tests := map[string]struct {
		timeout time.Duration
		done    func(calls int) (bool, error)
		calls   int
		took    time.Duration
		err     error
	}{
		"what is done at once isn't waited for":  {time.Hour, func(int) (bool, error) { return true, nil }, 1, 0, nil},
		"what isn't done is asked for again":     {time.Hour, func(calls int) (bool, error) { return calls == 3, nil }, 3, 2 * time.Second, nil},
		"an error ends the wait":                 {time.Hour, func(int) (bool, error) { return false, broken }, 1, 0, broken},
		"the end of the context ends the wait":   {1500 * time.Millisecond, func(int) (bool, error) { return false, nil }, 2, 1500 * time.Millisecond, context.DeadlineExceeded},
		"a context that has ended asks for none": {0, func(int) (bool, error) { return true, nil }, 0, 0, context.DeadlineExceeded},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), test.timeout)
				defer cancel()
				calls, start := 0, time.Now()
				err := wait.Until(ctx, time.Second, func(context.Context) (bool, error) {
					calls++
					return test.done(calls)
				})
				if !errors.Is(err, test.err) {
					t.Errorf("error: got %v, want %v", err, test.err)
				}
				if calls != test.calls {
					t.Errorf("calls: got %d, want %d", calls, test.calls)
				}
				if took := time.Since(start); took != test.took {
					t.Errorf("it took %v, want %v", took, test.took)
				}
			})
		})
	}
}
