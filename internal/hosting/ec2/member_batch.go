package ec2

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

const (
	// maxBatch is how many instances a call is about. AWS allows 1,000 and advises fewer;
	// one bad ID fails the whole call.
	maxBatch = 200

	// A call that doesn't find an instance that exists is repeated after lateInterval, and
	// then after ever longer pauses of at most maxLateInterval.
	lateInterval    = 2 * time.Second
	maxLateInterval = 30 * time.Second
)

const codeNotFound = "InvalidInstanceID.NotFound"

var instanceIDPattern = regexp.MustCompile(`i-[0-9a-f]{8,17}`)

// batchCall is a call that is about many instances and done for all of them or for none.
type batchCall struct {
	service *Service
	call    func(ctx context.Context, ids []string) error
	// refuses tells the codes of errors that are about some of the instances, besides
	// [codeNotFound].
	refuses func(code string) bool
}

// fate is what has become of the instances of a call.
type fate struct {
	// late were not found.
	late []string
	// refused are errors by instance.
	refused map[string]error
	err     error
}

func (f *fate) join(other fate) {
	f.late = append(f.late, other.late...)
	if f.refused == nil {
		f.refused = make(map[string]error)
	}
	maps.Copy(f.refused, other.refused)
	f.err = joinDistinct(f.err, other.err)
}

// do makes the call for all the instances, in batches at the same time. EC2 may not find an
// instance that it has shown already: such a one is waited for. One that doesn't exist any
// more is passed over. refused are errors about single instances.
func (b batchCall) do(ctx context.Context, ids []string) (refused map[string]error, err error) {
	var all fate
	pending, started, interval := ids, b.service.options.Now(), lateInterval/2
	err = wait.Paced(ctx, func() time.Duration {
		interval = min(2*interval, maxLateInterval)
		return interval
	}, func(ctx context.Context) (bool, error) {
		now := b.inBatches(ctx, pending)
		pending, now.late = now.late, nil
		all.join(now)
		if all.err != nil || len(pending) == 0 {
			return true, all.err
		}
		over := b.service.options.Now().Sub(started) > visibleAfter
		var err error
		pending, err = b.service.existing(ctx, pending, over)
		if err == nil && over && len(pending) > 0 {
			err = fmt.Errorf("EC2 shows the instances %s and doesn't find them; try again in a few minutes", strings.Join(pending, ", "))
		}
		return len(pending) == 0, err
	})
	return all.refused, err
}

func (b batchCall) inBatches(ctx context.Context, ids []string) fate {
	var mu sync.Mutex
	var all fate
	inParallel(slices.Collect(slices.Chunk(ids, maxBatch)), func(_ int, batch []string) {
		one := b.once(ctx, batch)
		mu.Lock()
		defer mu.Unlock()
		all.join(one)
	})
	return all
}

// once makes the call, and again without those for whose sake it has failed. Where the
// error doesn't name them, it tries each half.
func (b batchCall) once(ctx context.Context, ids []string) fate {
	if len(ids) == 0 {
		return fate{}
	}
	err := b.call(ctx, ids)
	code := errorCode(err)
	switch {
	case err == nil:
		return fate{}
	case ctx.Err() != nil || code != codeNotFound && (b.refuses == nil || !b.refuses(code)):
		return fate{err: explain(ctx, err)}
	}
	bad := named(err, ids)
	if len(bad) == 0 && len(ids) > 1 {
		half := b.once(ctx, ids[:len(ids)/2])
		half.join(b.once(ctx, ids[len(ids)/2:]))
		return half
	}
	if len(bad) == 0 {
		bad = ids
	}
	var result fate
	if code == codeNotFound {
		result.late = bad
	} else {
		result.refused = make(map[string]error)
		for _, id := range bad {
			result.refused[id] = explain(ctx, err)
		}
	}
	result.join(b.once(ctx, without(ids, bad)))
	return result
}

// named returns those of the instances that the API's error message names.
func named(err error, ids []string) []string {
	apiErr := smithy.APIError(nil)
	if !errors.As(err, &apiErr) {
		return nil
	}
	mentioned := instanceIDPattern.FindAllString(apiErr.ErrorMessage(), -1)
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !slices.Contains(mentioned, id) })
}

func without(ids, others []string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return slices.Contains(others, id) })
}

// existing returns those of the instances that have not been terminated. One that EC2 doesn't
// show counts as existing unless it would be shown by now.
func (s *Service) existing(ctx context.Context, ids []string, wouldShow bool) ([]string, error) {
	instances, err := s.describeIDs(ctx, ids)
	if err != nil {
		return nil, err
	}
	states := make(map[string]ec2types.InstanceStateName)
	for _, instance := range instances {
		if instance.InstanceId != nil && instance.State != nil {
			states[*instance.InstanceId] = instance.State.Name
		}
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		state, shown := states[id]
		return !shown && wouldShow || member{state: state}.terminated()
	}), nil
}

// joinDistinct is errors.Join for calls that were made at the same time: what EC2 has refused
// for one reason is told once.
func joinDistinct(errs ...error) error {
	told := make(map[string]bool)
	var list []error
	for _, err := range errs {
		if err == nil {
			continue
		}
		if reason := cmp.Or(errorCode(err), err.Error()); !told[reason] {
			told[reason] = true
			list = append(list, err)
		}
	}
	return errors.Join(list...)
}

// maxCalls is how many calls of a kind are made at the same time. The rate is limited
// elsewhere, for the whole process.
const maxCalls = 10

// inParallel does something with every item, with a few at the same time.
func inParallel[T any](items []T, do func(index int, item T)) {
	var group sync.WaitGroup
	places := make(chan struct{}, maxCalls)
	for index, item := range items {
		places <- struct{}{}
		group.Go(func() {
			defer func() { <-places }()
			do(index, item)
		})
	}
	group.Wait()
}
