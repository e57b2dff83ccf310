package awsfake

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// World is an account in a region, as its API endpoint shows it. It is an
// [http.Handler] for all services. It may be used concurrently.
type World struct {
	options    Options
	operations map[string]operation

	mu     sync.Mutex
	faults Faults
	random *rand.Rand
	serial int

	principals map[string]*principal
	sessions   []Session
	pages      map[string][]string
	buckets    map[string]*bucket
	journal    journal

	instances  map[string]*instance
	launched   []*instance
	launches   map[string]*launch
	templates  map[string]*template
	deleted    []*template
	made       map[string]creation
	parameters map[string]*parameter
	addresses  addresses

	// background are the goroutines that watch over machines.
	background sync.WaitGroup
}

var _ http.Handler = (*World)(nil)

// NewWorld returns an account with nothing in it but what the options say.
func NewWorld(options Options) *World {
	options = options.withDefaults()
	w := &World{
		options:    options,
		operations: operations(),
		faults:     options.Faults,
		random:     rand.New(rand.NewPCG(options.Seed, 0)),
		principals: map[string]*principal{},
		pages:      map[string][]string{},
		buckets:    map[string]*bucket{},
		journal:    newJournal(),
		instances:  map[string]*instance{},
		launches:   map[string]*launch{},
		templates:  map[string]*template{},
		made:       map[string]creation{},
		parameters: map[string]*parameter{},
		addresses:  newAddresses(options.Machines != nil),
	}
	w.addUser()
	return w
}

// Close stops all machines, waits until nothing of them is left, and gives their
// addresses back. A world without machines needn't be closed.
func (w *World) Close() {
	w.mu.Lock()
	all := w.launched
	w.mu.Unlock()
	for _, i := range all {
		w.stopMachine(i)
	}
	w.background.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.addresses.close()
}

// SetFaults changes how the world behaves from now on. Lost answers are counted anew.
func (w *World) SetFaults(faults Faults) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = faults
	w.journal.losable = 0
	clear(w.journal.refusable)
}

// now is the clock of the world: that of the bubble where it lives in one.
func now() time.Time {
	return time.Now() //nolint:forbidigo // The fake's clock must be the one that its client's signatures are made by.
}

// newID returns an identity of the form that EC2 has, like i-0123456789abcdef0.
func (w *World) newID(prefix string) string {
	w.serial++
	return fmt.Sprintf("%s-0%016x", prefix, w.random.Uint64()>>8<<8|uint64(w.serial&0xff))
}

// late returns when something that happens now becomes visible.
func (w *World) late(lag time.Duration) time.Time {
	return now().Add(w.jitter(lag))
}

func (w *World) jitter(lag time.Duration) time.Duration {
	if lag <= 0 {
		return 0
	}
	return lag - time.Duration(w.random.Int64N(int64(lag)/2+1))
}

// chance is true with the probability.
func (w *World) chance(probability float64) bool {
	return probability > 0 && w.random.Float64() < probability
}
