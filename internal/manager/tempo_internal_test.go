package manager

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

func TestTempo(t *testing.T) {
	t.Parallel()
	rhythm := tempo{pace: hosting.Pace{Busy: 80 * time.Millisecond, Idle: 150 * time.Millisecond}}
	var got []time.Duration
	for _, news := range []bool{true, false, false, false, false, true, false} {
		rhythm.note(news)
		got = append(got, rhythm.next()/time.Millisecond)
	}
	if diff := cmp.Diff([]time.Duration{80, 100, 125, 150, 150, 80, 100}, got); diff != "" {
		t.Errorf("intervals in milliseconds (-want +got):\n%s", diff)
	}
}
