package manager

import (
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// tempo chooses the intervals of a wait: short while one look after the other
// finds something new, so that a value runs through a chain of servers quickly,
// and longer from look to look while nothing happens.
type tempo struct {
	pace     hosting.Pace
	interval time.Duration
}

// note takes in whether the last look has found anything new.
func (t *tempo) note(news bool) {
	if news {
		t.interval = 0
	}
}

// next returns the next interval.
func (t *tempo) next() time.Duration {
	t.interval = min(max(t.interval*5/4, t.pace.Busy), t.pace.Idle)
	return t.interval
}
