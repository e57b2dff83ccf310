package hostingfake

import (
	"fmt"
	"maps"
	"slices"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

// report returns what the server says of itself; ok is false before its first word.
func (s *server) report() (report boot.Report, ok bool) {
	l := s.Life
	if l.Phase == phaseAsleep {
		return boot.Report{}, false
	}
	status, waiting := s.status()
	return boot.Report{
		Boot:   fmt.Sprintf("%s/%d", s.ID, l.Boot),
		Status: status, Waiting: waiting,
		Failure: l.Failure, LogTail: l.Log,
		Received: l.Received, Applied: l.Applied,
		Decommission: l.Decommission,
		Outputs:      maps.Clone(l.Outputs),
		Events:       slices.Clone(l.Events),
	}, true
}

// status is the agent's find_status.
func (s *server) status() (status boot.Status, waiting []string) {
	switch {
	case s.Life.Phase == phaseFailed:
		return boot.StatusFailed, nil
	case s.Life.Ready:
		return boot.StatusReady, nil
	case s.Life.Phase == phaseStarting:
		waiting = s.lacking(s.program.boot)
	case s.Life.Phase == phaseBooted:
		waiting = s.lacking(s.program.ready)
	}
	if len(waiting) > 0 {
		return boot.StatusWaiting, waiting
	}
	return boot.StatusBooting, nil
}
