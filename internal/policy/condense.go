package policy

import "time"

// Condense returns the observations of the policy's signals with no more samples than
// decisions need: one for each period that is looked at, but at most the newest most of
// them. With most large enough, decisions on the result are those on the snapshot.
func (p *Policy) Condense(snapshot Snapshot, most int) map[string]Observation {
	condensed := make(map[string]Observation, len(snapshot.Signals))
	for i := range p.signals {
		s := &p.signals[i]
		seen, ok := snapshot.Signals[s.name]
		if !ok {
			continue
		}
		size := min(p.historySize(s), max(most, 1))
		if seen.Samples != nil {
			seen.Samples = s.condense(snapshot.Now, seen.Samples, size)
		}
		if seen.Servers != nil {
			servers := make([]ServerSamples, 0, len(seen.Servers))
			for _, own := range seen.Servers {
				if kept := s.condense(snapshot.Now, own.Samples, size); len(kept) > 0 {
					servers = append(servers, ServerSamples{ID: own.ID, Samples: kept})
				}
			}
			seen.Servers = servers
		}
		condensed[s.name] = seen
	}
	return condensed
}

// condense keeps one sample of each bucket, at the time of its newest, and the newest
// sample of all, which tells whether the signal is of use.
func (s *signal) condense(now time.Time, samples []Sample, size int) []Sample {
	if len(samples) == 0 {
		return nil
	}
	last := newest(samples)
	if s.Period == 0 {
		return []Sample{last}
	}
	g, gathered := s.gathered(now, samples, size)
	var kept []Sample
	for i := len(gathered) - 1; i >= 0; i-- {
		if a := &gathered[i]; a.n > 0 {
			kept = append(kept, Sample{At: g.end.Add(-a.newest), Value: a.value(s.Statistic)})
		}
	}
	if len(kept) == 0 || !finite(last.Value) {
		kept = append(kept, last)
	}
	return kept
}
