package ec2

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// shownStates is an EC2 that describes instances and does nothing else.
type shownStates struct {
	EC2API

	states map[string]ec2types.InstanceStateName
}

func (s shownStates) DescribeInstances(_ context.Context, in *ec2.DescribeInstancesInput, _ ...func(*ec2.Options)) (*ec2.DescribeInstancesOutput, error) {
	var found []ec2types.Instance
	for _, id := range in.Filters[0].Values {
		if state, shown := s.states[id]; shown {
			found = append(found, ec2types.Instance{InstanceId: aws.String(id), State: &ec2types.InstanceState{Name: state}})
		}
	}
	return &ec2.DescribeInstancesOutput{Reservations: []ec2types.Reservation{{Instances: found}}}, nil
}

// target is an API that takes many instances, and does it for all of them or for none.
type target struct {
	// from is when each instance is found; one that isn't listed never is.
	from map[string]time.Time
	// protected instances are refused.
	protected []string
	// silent: the messages don't name the instances.
	silent bool

	mu    sync.Mutex
	calls [][]string
	did   []string
}

func (t *target) call(_ context.Context, ids []string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls = append(t.calls, ids)
	var missing, refused []string
	for _, id := range ids {
		if from, known := t.from[id]; !known || time.Now().Before(from) {
			missing = append(missing, id)
		}
		if slices.Contains(t.protected, id) {
			refused = append(refused, id)
		}
	}
	switch {
	case len(missing) > 0:
		return t.fault(codeNotFound, "The instance IDs '%s' do not exist", missing)
	case len(refused) > 0:
		return t.fault("OperationNotPermitted", "The instance '%s' may not be terminated.", refused[:1])
	}
	t.did = append(t.did, ids...)
	return nil
}

func (t *target) fault(code, message string, ids []string) error {
	if t.silent {
		ids = []string{"?"}
	}
	return &smithy.GenericAPIError{Code: code, Message: fmt.Sprintf(message, strings.Join(ids, ", "))}
}

func instances(n int) []string {
	var ids []string
	for i := range n {
		ids = append(ids, fmt.Sprintf("i-%017x", i))
	}
	return ids
}

func TestBatchCall(t *testing.T) {
	t.Parallel()
	all := instances(5)
	for name, test := range map[string]struct {
		ids []string
		// late instances are found after that time.
		late      map[string]time.Duration
		lost      []string
		states    map[string]ec2types.InstanceStateName
		protected []string
		silent    bool

		did     []string
		refused []string
		calls   int
		took    time.Duration
		err     string
	}{
		"all at once": {ids: all, did: all, calls: 1},
		"in batches":  {ids: instances(450), did: instances(450), calls: 3},
		"one that isn't found yet is waited for": {
			ids: all, late: map[string]time.Duration{all[2]: 3 * time.Second}, did: all, calls: 4, took: 6 * time.Second,
		},
		"one that isn't found yet, where nobody says which": {
			ids: all, late: map[string]time.Duration{all[2]: time.Second}, silent: true, did: all, calls: 6, took: 2 * time.Second,
		},
		"one that was terminated is passed over": {
			ids: all, lost: all[1:2], states: map[string]ec2types.InstanceStateName{all[1]: ec2types.InstanceStateNameTerminated},
			did: without(all, all[1:2]), calls: 2,
		},
		"one that doesn't exist any more is passed over when it would show": {
			ids: all, lost: all[1:2], did: without(all, all[1:2]), calls: 16, took: 5*time.Minute + 30*time.Second,
		},
		"one that is shown and never found is an error": {
			ids: all, lost: all[1:2], states: map[string]ec2types.InstanceStateName{all[1]: ec2types.InstanceStateNameRunning},
			did: without(all, all[1:2]), calls: 16, took: 5*time.Minute + 30*time.Second, err: all[1],
		},
		"one that is refused keeps no other one from it": {
			ids: all, protected: []string{all[0], all[3]}, did: without(all, []string{all[0], all[3]}), refused: []string{all[0], all[3]}, calls: 3,
		},
		"one that is refused, where nobody says which": {
			ids: all, protected: all[4:], silent: true, did: all[:4], refused: all[4:], calls: 7,
		},
		"none": {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := &target{from: make(map[string]time.Time), protected: test.protected, silent: test.silent}
				for _, id := range without(test.ids, test.lost) {
					api.from[id] = time.Now().Add(test.late[id])
				}
				service := New(Options{EC2: shownStates{states: test.states}, Now: time.Now})
				began := time.Now()
				refused, err := batchCall{
					service: service, call: api.call, refuses: func(code string) bool { return code == "OperationNotPermitted" },
				}.do(t.Context(), test.ids)
				if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
					t.Errorf("got error %v, want %q", err, test.err)
				}
				var refusals []string
				for id := range refused {
					refusals = append(refusals, id)
				}
				byText := cmpopts.SortSlices(strings.Compare)
				if diff := cmp.Diff(test.did, api.did, byText, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("done for (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(test.refused, refusals, byText, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("refused for (-want +got):\n%s", diff)
				}
				if len(api.calls) != test.calls || time.Since(began).Round(time.Second) != test.took {
					t.Errorf("it took %d calls and %v, want %d and %v", len(api.calls), time.Since(began), test.calls, test.took)
				}
			})
		})
	}
}

func TestBatchCall_otherErrors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		denied := &smithy.GenericAPIError{Code: "UnauthorizedOperation", Message: "You are not authorized"}
		_, err := batchCall{service: New(Options{Now: time.Now}), call: func(context.Context, []string) error {
			calls++
			return denied
		}}.do(t.Context(), instances(3))
		if !errors.Is(err, denied) || calls != 1 {
			t.Errorf("got error %v after %d calls, want the first one's", err, calls)
		}
	})
}

func TestBatchCall_deadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		began := time.Now()
		api := &target{}
		_, err := batchCall{service: New(Options{EC2: shownStates{}, Now: time.Now}), call: api.call}.do(ctx, instances(3))
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 20*time.Second {
			t.Errorf("got error %v after %v, want the deadline's after 20 s", err, time.Since(began))
		}
	})
}

func TestJoinDistinct(t *testing.T) {
	t.Parallel()
	denied := func(member string) error {
		return fmt.Errorf("%s: %w", member, &smithy.GenericAPIError{Code: "UnauthorizedOperation", Message: "no"})
	}
	err := joinDistinct(nil, denied("web-0"), denied("web-1"), errors.New("other"), errors.New("other"), nil)
	if got, want := fmt.Sprint(err), fmt.Sprintf("%v\nother", denied("web-0")); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := joinDistinct(nil, nil); err != nil {
		t.Errorf("got %v of no error", err)
	}
}
