package ec2

import (
	"context"
	"fmt"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

// tagsShownWithin bounds how long it is awaited that EC2 shows tags that were written. It is
// said to take seconds.
const tagsShownWithin = 30 * time.Second

// awaitShown waits until EC2 shows what this process has written into the members' tags, so
// that the next process knows it. What takes longer than can be expected is not waited
// for: this process knows it all the same.
func (s *Service) awaitShown(ctx context.Context, ref hosting.GroupRef, ids []string) error {
	patient, cancel := context.WithTimeout(ctx, tagsShownWithin)
	defer cancel()
	var failure error
	err := wait.Until(patient, s.options.Pace.Busy, func(context.Context) (bool, error) {
		if ids = s.unshown(ids); len(ids) == 0 {
			return true, nil
		}
		// The time limit is for waiting; it cuts no call short.
		if failure = s.recheck(ctx, ref, ids); failure != nil {
			return false, failure
		}
		ids = s.unshown(ids)
		return len(ids) == 0, nil
	})
	switch {
	case failure != nil:
		return fmt.Errorf("waiting until EC2 shows the tags: %w", failure)
	case err != nil && ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return nil
}

// unshown returns those of the members that exist and have tags that EC2 doesn't show yet.
func (s *Service) unshown(ids []string) []string {
	var list []string
	for _, id := range ids {
		s.note(id, func(k *known) {
			if !k.gone && len(k.written) > 0 {
				list = append(list, id)
			}
		})
	}
	return list
}
