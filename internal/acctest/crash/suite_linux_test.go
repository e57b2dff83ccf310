package crash

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/fault"
)

// width is how many chains run at once. They wait for each other's processors and
// for servers that boot: some more than there are processors keep these busy.
const width = 8

// most is more calls than any command of a chain makes.
const most = 500

// run lives through chains in which the victim is killed before the first call,
// after the first, after the second, and so on, until one in which no command makes
// so many calls. It prints how many commands were killed.
func run(t *testing.T, kill fault.Kill, options ...func(*chain)) {
	t.Helper()
	s := suite{kill: kill, killed: make(map[string]int)}
	var workers sync.WaitGroup
	for range width {
		workers.Go(func() {
			for after, more := s.next(t); more; after, more = s.next(t) {
				t.Run(fmt.Sprintf("after call %d", after), func(t *testing.T) {
					c := newChain(t, fault.Plan{Kill: kill, After: after})
					for _, option := range options {
						option(c)
					}
					s.note(c.run(), c.restored)
				})
			}
		})
	}
	workers.Wait()
	if !s.done && !t.Failed() {
		t.Errorf("no chain was lived through without a kill")
	}
	t.Logf("killed %s: %s; each repaired by the same command, %d with Terraform's backup of its state", kill, s.summary(), s.restored)
}

// suite hands out the numbers of calls and counts what happens.
type suite struct {
	kill fault.Kill

	mu sync.Mutex
	// after is the next number of calls; done: a chain was lived through unkilled.
	after int
	done  bool
	// killed counts the killed commands by phase; restored, those after which the
	// state file had to be restored.
	killed   map[string]int
	restored int
}

func (s *suite) next(t *testing.T) (after int, more bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	after = s.after
	s.after++
	return after, !s.done && !t.Failed() && after <= most
}

func (s *suite) note(killed map[string]bool, restored int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.restored += restored
	unkilled := true
	for phase, happened := range killed {
		if happened {
			unkilled = false
			s.killed[phase]++
		}
	}
	s.done = s.done || unkilled
}

func (s *suite) summary() string {
	var text []string
	total := 0
	for _, phase := range slices.Sorted(maps.Keys(s.killed)) {
		text = append(text, fmt.Sprintf("%s at %d calls", phase, s.killed[phase]))
		total += s.killed[phase]
	}
	return fmt.Sprintf("%d commands (%s)", total, strings.Join(text, ", "))
}
