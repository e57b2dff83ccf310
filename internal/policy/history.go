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
	end time.Time
	// seconds and nanoseconds are the end since 1970.
	seconds     int64
	nanoseconds int
	period      time.Duration
	offset      bool
	statistic   Statistic
	// size is the number of buckets.
	size int
}

// grid returns where the samples of a signal go. What is older than it reaches
// counts as no sample.
func (s *signal) grid(now time.Time, size int) grid {
	end := now.Add(-s.Offset)
	return grid{
		end: end, seconds: end.Unix(), nanoseconds: end.Nanosecond(),
		period: s.Period, offset: s.Offset > 0, statistic: s.Statistic, size: size,
	}
}

// place returns the bucket of an instant. One after the end belongs to the newest,
// because clocks differ, except where the end is meant to be in the past.
func (g *grid) place(at time.Time) (int, bool) {
	index, ok, _ := g.find(at)
	return index, ok
}

// maxAge is more seconds than any age has, and fewer than a duration holds.
const maxAge = 1 << 33

// age returns how long before the end an instant was. It is what time.Time.Sub does,
// without what that does for other times than samples have.
func (g *grid) age(at time.Time) time.Duration {
	seconds := min(max(g.seconds-at.Unix(), -maxAge), maxAge)
	return time.Duration(seconds)*time.Second + time.Duration(g.nanoseconds-at.Nanosecond())
}

// find is place, and returns the age at the end of the newest bucket too.
func (g *grid) find(at time.Time) (index int, ok bool, age time.Duration) {
	age = g.age(at)
	switch {
	case age < 0:
		return 0, !g.offset, age
	case age < g.period:
		return 0, true, age
	}
	index = int(age / g.period)
	return index, index < g.size, age
}

// gathering is what the samples of one bucket come to.
type gathering struct {
	n int
	// total is their sum, or already the statistic where it is another one.
	total float64
	// newest is the age of the newest sample.
	newest time.Duration
}

func (a *gathering) add(value float64, age time.Duration, statistic Statistic) {
	a.n++
	if a.n == 1 {
		a.total, a.newest = value, age
		return
	}
	switch statistic {
	case StatisticMinimum:
		a.total = min(a.total, value)
	case StatisticMaximum:
		a.total = max(a.total, value)
	case StatisticNewest:
		if age <= a.newest {
			a.total = value
		}
	case StatisticAverage, StatisticSum:
		a.total += value
	}
	a.newest = min(a.newest, age)
}

func (a *gathering) value(statistic Statistic) float64 {
	switch {
	case a.n == 1:
		return a.total
	case statistic == StatisticAverage:
		return saturateSum(a.total) / float64(a.n)
	}
	return saturateSum(a.total)
}

// saturateSum keeps a sum of finite numbers finite.
func saturateSum(x float64) float64 { return max(min(x, math.MaxFloat64), -math.MaxFloat64) }

// gather sorts samples into gatherings, which it begins anew. What isn't finite is no
// measurement. newest is the age of the newest sample; ok is false where that isn't
// finite, or there is none.
func (g *grid) gather(samples []Sample, into []gathering) (newest time.Duration, ok bool) {
	clear(into)
	newest = math.MaxInt64
	for i := range samples {
		s := &samples[i]
		index, inside, age := g.find(s.At)
		measured := finite(s.Value)
		if age <= newest {
			newest, ok = age, measured
		}
		if inside && measured {
			into[index].add(s.Value, age, g.statistic)
		}
	}
	return newest, ok
}

// reach is the number of buckets that the samples reach back, at most the grid's.
func (g *grid) reach(samples []Sample) int {
	reach := 0
	for i := range samples {
		if index, ok := g.place(samples[i].At); ok && finite(samples[i].Value) {
			reach = max(reach, index+1)
		}
	}
	return reach
}

// gathered puts the samples of one series into buckets, as far back as they reach.
func (s *signal) gathered(now time.Time, samples []Sample, size int) (grid, []gathering) {
	g := s.grid(now, size)
	into := make([]gathering, g.reach(samples))
	g.gather(samples, into)
	return g, into
}

// groupHistory returns the history of a signal of the whole group.
func (s *signal) groupHistory(now time.Time, samples []Sample, size int) history {
	if s.Period == 0 {
		newest := newest(samples)
		return history{buckets: []bucket{{ok: finite(newest.Value), value: newest.Value}}}
	}
	_, gathered := s.gathered(now, samples, size)
	buckets := make([]bucket, len(gathered))
	for i := range gathered {
		if a := &gathered[i]; a.n > 0 {
			buckets[i] = bucket{ok: true, value: a.value(s.Statistic)}
		}
	}
	return history{period: s.Period, buckets: buckets}
}

// serverHistory returns the history of a signal of single servers, and when the
// newest of their samples was taken.
func (s *signal) serverHistory(e *evaluation, samples []ServerSamples, size int) (h history, newest time.Time) {
	if s.Period == 0 {
		size = 1
	}
	g := s.grid(e.snapshot.Now, size)
	buckets := make([]bucket, size)
	gathered := make([]gathering, size)
	youngest := time.Duration(math.MaxInt64)
	all := joined{rest: samples}
	for i := range e.servers {
		server := &e.servers[i]
		gather := g.gather
		if s.Period == 0 {
			gather = g.gatherNewest
		}
		if age, ok := gather(all.of(server.id), gathered); ok {
			youngest = min(youngest, age)
		}
		for k := range buckets {
			s.count(&buckets[k], &gathered[k], server.stage(s.Offset+time.Duration(k)*s.Period, e.policy.behavior.warmup))
		}
	}
	for k := range buckets {
		s.finish(&buckets[k])
	}
	if youngest < math.MaxInt64 {
		newest = g.end.Add(-youngest)
	}
	return history{period: s.Period, buckets: buckets}, newest
}

// joined looks up the samples of servers that are asked for in the order of their IDs.
type joined struct{ rest []ServerSamples }

// of returns the samples of a server, whose ID is not less than any asked for before.
func (j *joined) of(id string) []Sample {
	for len(j.rest) > 0 && j.rest[0].ID < id {
		j.rest = j.rest[1:]
	}
	if len(j.rest) == 0 || j.rest[0].ID != id {
		return nil
	}
	return j.rest[0].Samples
}

// gatherNewest takes the newest sample of a point.
func (g *grid) gatherNewest(samples []Sample, into []gathering) (newest time.Duration, ok bool) {
	clear(into)
	n, ok := newestFinite(samples)
	if !ok {
		return 0, false
	}
	into[0].add(n.Value, 0, StatisticNewest)
	return g.age(n.At), true
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

// count adds one server to a bucket, whose value is the sum, the minimum or the
// maximum until it is finished.
func (s *signal) count(b *bucket, own *gathering, stage stageOfLife) {
	switch {
	case stage == unborn:
		return
	case stage == warming:
		b.warming++
		return
	case own.n == 0:
		b.missing++
		return
	}
	value := own.value(s.Statistic)
	b.present++
	switch {
	case b.present == 1:
		b.value = value
	case s.PerServer.Aggregation == AggregationMinimum:
		b.value = min(b.value, value)
	case s.PerServer.Aggregation == AggregationMaximum:
		b.value = max(b.value, value)
	default:
		b.value += value
	}
	if s.listed {
		b.list = append(b.list, value)
	}
}

func (s *signal) finish(b *bucket) {
	if b.present == 0 {
		return
	}
	b.ok = true
	b.value = saturateSum(b.value)
	if s.PerServer.Aggregation == AggregationAverage {
		b.value /= float64(b.present)
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

// lastFinite returns when the newest sample with a finite value was taken; zero: there
// is none.
func lastFinite(samples []Sample) (at time.Time) {
	for _, sample := range samples {
		if finite(sample.Value) && sample.At.After(at) {
			at = sample.At
		}
	}
	return at
}

// stageOfLife is where a server was at an instant.
type stageOfLife int

const (
	serving stageOfLife = iota
	warming
	unborn
)

// life is a server, as far as decisions look at it.
type life struct {
	id string
	// lived is the time since its launch.
	lived   time.Duration
	pending bool
}

// stage returns where the server was at an instant of that age.
func (l *life) stage(age, warmup time.Duration) stageOfLife {
	switch {
	case l.lived < age:
		return unborn
	case l.pending || l.lived-age < warmup:
		return warming
	}
	return serving
}

// lives returns the servers that count, by ID.
func lives(now time.Time, servers []Server) []life {
	kept := make([]life, 0, len(servers))
	for i := range servers {
		s := &servers[i]
		if s.State == ServerLeaving {
			continue
		}
		l := life{id: s.ID, lived: math.MaxInt64, pending: s.State == ServerPending}
		if !s.Launched.IsZero() {
			l.lived = max(now.Sub(s.Launched), 0)
		}
		kept = append(kept, l)
	}
	byID := func(a, b life) int { return cmp.Compare(a.id, b.id) }
	if !slices.IsSortedFunc(kept, byID) {
		slices.SortStableFunc(kept, byID)
	}
	return kept
}
