package policy

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// maxBuckets bounds a history, whatever its period.
const maxBuckets = 100_000

// history is the past of a signal.
type history struct {
	// period is the length of a bucket; 0: the signal is a point or a constant, and
	// has one bucket.
	period time.Duration
	// buckets begin with the newest.
	buckets []bucket
}

// bucket is what a signal has in one period.
type bucket struct {
	ok    bool
	value float64
	// Of a signal of single servers, value is the aggregate of the servers that are in
	// service and have a sample, of which there are present. missing have no sample,
	// warming are not fully in service yet.
	present, missing, warming int
	// list has the values of those present in the order of the servers' IDs, where an
	// expression needs them.
	list []float64
}

// index returns the place of the bucket that was the newest at an instant of that
// age.
func (h history) index(age time.Duration) int {
	if h.period == 0 || age <= 0 {
		return 0
	}
	return int((age + h.period - 1) / h.period)
}

// at returns a bucket; it has no value where there is none.
func (h history) at(index int) bucket {
	if index >= len(h.buckets) {
		return bucket{}
	}
	return h.buckets[index]
}

// newest returns the place of the newest bucket with a value, -1 if there is none.
func (h history) newest() int {
	return slices.IndexFunc(h.buckets, func(b bucket) bool { return b.ok })
}

// filled counts the buckets with a value.
func (h history) filled() int {
	n := 0
	for _, b := range h.buckets {
		if b.ok {
			n++
		}
	}
	return n
}

// grid puts samples into the buckets of a signal.
type grid struct {
	end       time.Time
	period    time.Duration
	offset    bool
	statistic Statistic
	// size is the number of buckets.
	size int
}

// grid returns where the samples of a signal go. What is older than it reaches
// counts as no sample.
func (s *signal) grid(now time.Time, size int) grid {
	return grid{end: now.Add(-s.Offset), period: s.Period, offset: s.Offset > 0, statistic: s.Statistic, size: size}
}

// place returns the bucket of an instant. One after the end belongs to the newest,
// because clocks differ, except where the end is meant to be in the past.
func (g grid) place(at time.Time) (int, bool) {
	age := g.end.Sub(at)
	switch {
	case age < 0 && g.offset:
		return 0, false
	case age < 0:
		return 0, true
	}
	index := int(age / g.period)
	return index, index < g.size
}

// gathering is what has been seen of the samples of one bucket.
type gathering struct {
	n             int
	sum, min, max float64
	newest        Sample
}

func (a *gathering) add(s Sample) {
	if a.n == 0 {
		*a = gathering{n: 1, sum: s.Value, min: s.Value, max: s.Value, newest: s}
		return
	}
	a.n++
	a.sum += s.Value
	a.min = math.Min(a.min, s.Value)
	a.max = math.Max(a.max, s.Value)
	if !s.At.Before(a.newest.At) {
		a.newest = s
	}
}

func (a *gathering) value(statistic Statistic) float64 {
	switch statistic {
	case StatisticSum:
		return saturateSum(a.sum)
	case StatisticMinimum:
		return a.min
	case StatisticMaximum:
		return a.max
	case StatisticNewest:
		return a.newest.Value
	default:
		return saturateSum(a.sum) / float64(a.n)
	}
}

// saturateSum keeps a sum of finite numbers finite.
func saturateSum(x float64) float64 { return math.Max(math.Min(x, math.MaxFloat64), -math.MaxFloat64) }

// gather sorts samples into gatherings, which it begins anew. What isn't finite is no
// measurement.
func (g grid) gather(samples []Sample, into []gathering) {
	clear(into)
	for _, s := range samples {
		if !finite(s.Value) {
			continue
		}
		if i, ok := g.place(s.At); ok {
			into[i].add(s)
		}
	}
}

// size is the number of buckets that the samples reach back, at most the grid's.
func (g grid) reach(samples []Sample) int {
	reach := 0
	for _, s := range samples {
		if i, ok := g.place(s.At); ok {
			reach = max(reach, i+1)
		}
	}
	return reach
}

// groupHistory returns the history of a signal of the whole group.
func (s *signal) groupHistory(now time.Time, samples []Sample, size int) history {
	if s.Period == 0 {
		newest := newest(samples)
		return history{buckets: []bucket{{ok: finite(newest.Value), value: newest.Value}}}
	}
	g := s.grid(now, size)
	gathered := make([]gathering, g.reach(samples))
	g.gather(samples, gathered)
	buckets := make([]bucket, len(gathered))
	for i := range gathered {
		if a := &gathered[i]; a.n > 0 {
			buckets[i] = bucket{ok: true, value: a.value(s.Statistic)}
		}
	}
	return history{period: s.Period, buckets: buckets}
}

// aggregate is what has been seen of the servers in one bucket.
type aggregate struct {
	sum, min, max float64
}

// serverHistory returns the history of a signal of single servers. They are sorted
// by ID.
func (s *signal) serverHistory(e *evaluation, samples map[string][]Sample, size int) history {
	if s.Period == 0 {
		size = 1
	}
	g := s.grid(e.snapshot.Now, size)
	buckets := make([]bucket, size)
	aggregates := make([]aggregate, size)
	gathered := make([]gathering, size)
	for i := range e.servers {
		server := &e.servers[i]
		own := samples[server.ID]
		if s.Period == 0 {
			gathered[0] = gathering{}
			if n, ok := newestFinite(own); ok {
				gathered[0].add(n)
			}
		} else {
			g.gather(own, gathered)
		}
		for k := range buckets {
			s.count(&buckets[k], &aggregates[k], &gathered[k], e.stage(server, s.Offset+time.Duration(k)*s.Period))
		}
	}
	for k := range buckets {
		s.finish(&buckets[k], aggregates[k])
	}
	return history{period: s.Period, buckets: buckets}
}

// newestFinite returns the newest sample; ok is false where it isn't finite, or there
// is none.
func newestFinite(samples []Sample) (s Sample, ok bool) {
	if len(samples) == 0 {
		return Sample{}, false
	}
	s = newest(samples)
	return s, finite(s.Value)
}

// count adds one server to a bucket.
func (s *signal) count(b *bucket, total *aggregate, own *gathering, stage stageOfLife) {
	switch {
	case stage == unborn:
	case stage == warming:
		b.warming++
	case own.n == 0:
		b.missing++
	default:
		value := own.value(s.Statistic)
		if b.present == 0 {
			*total = aggregate{min: value, max: value}
		}
		b.present++
		total.sum += value
		total.min = math.Min(total.min, value)
		total.max = math.Max(total.max, value)
		if s.listed {
			b.list = append(b.list, value)
		}
	}
}

func (s *signal) finish(b *bucket, total aggregate) {
	if b.present == 0 {
		return
	}
	b.ok = true
	b.value = s.PerServer.Aggregation.of(total, b.present)
}

func (a Aggregation) of(total aggregate, n int) float64 {
	switch a {
	case AggregationSum:
		return saturateSum(total.sum)
	case AggregationMinimum:
		return total.min
	case AggregationMaximum:
		return total.max
	default:
		return saturateSum(total.sum) / float64(n)
	}
}

// newest returns the newest sample; of several at one instant the last.
func newest(samples []Sample) Sample {
	found := samples[0]
	for _, sample := range samples[1:] {
		if !sample.At.Before(found.At) {
			found = sample
		}
	}
	return found
}

// stageOfLife is where a server was at an instant.
type stageOfLife int

const (
	serving stageOfLife = iota
	warming
	unborn
)

// stage returns where the server was at an instant of that age.
func (e *evaluation) stage(s *Server, age time.Duration) stageOfLife {
	lived := e.snapshot.Now.Sub(s.Launched) - age
	switch {
	case s.Launched.IsZero():
		lived = math.MaxInt64
	case lived < 0:
		if age > 0 {
			return unborn
		}
		lived = 0
	}
	if s.State == ServerPending || lived < e.policy.behavior.warmup {
		return warming
	}
	return serving
}

// sortedServers returns the servers that count, by ID.
func sortedServers(servers []Server) []Server {
	kept := slices.DeleteFunc(slices.Clone(servers), func(s Server) bool { return s.State == ServerLeaving })
	if byID := func(a, b Server) int { return cmp.Compare(a.ID, b.ID) }; !slices.IsSortedFunc(kept, byID) {
		slices.SortStableFunc(kept, byID)
	}
	return kept
}
