package hostingfake

import (
	"context"
	"fmt"
	"slices"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// Servers implements [hosting.Servers].
func (s *Service) Servers(ctx context.Context, ref hosting.GroupRef) ([]hosting.Server, error) {
	var list []hosting.Server
	err := s.perform(ctx, Call{Method: "Servers", Group: ref.Name}, func() (bool, error) {
		now := s.world.options.Now()
		list = make([]hosting.Server, 0, len(s.world.members[ref]))
		for _, member := range s.world.members[ref] {
			if member.Returned || !now.Before(member.LaunchedAt.Add(s.world.lag.Listing)) {
				list = append(list, member.describe(now))
			}
		}
		slices.SortFunc(list, byIdentity)
		return false, nil
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// Reports implements [hosting.Servers].
func (s *Service) Reports(ctx context.Context, servers []hosting.Server) (map[string]boot.Report, error) {
	return s.readReports(ctx, "Reports", servers)
}

// LastReports implements [hosting.Servers]: looking costs nothing here.
func (s *Service) LastReports(ctx context.Context, servers []hosting.Server) (map[string]boot.Report, error) {
	return s.readReports(ctx, "LastReports", servers)
}

func (s *Service) readReports(ctx context.Context, method string, servers []hosting.Server) (map[string]boot.Report, error) {
	reports := make(map[string]boot.Report, len(servers))
	err := s.perform(ctx, about(method, servers), func() (bool, error) {
		at := s.world.options.Now().Add(-s.world.lag.Reports)
		for _, asked := range servers {
			found, known := s.world.servers[asked.ID]
			if !known {
				continue
			}
			if report, said := found.reportAt(at); said {
				reports[asked.ID] = report
			}
		}
		return false, nil
	})
	if err != nil {
		return nil, err
	}
	return reports, nil
}

// Deliver implements [hosting.Servers]. Each server is a step.
func (s *Service) Deliver(ctx context.Context, servers []hosting.Server, delivery boot.Delivery) error {
	delivery = cloneDelivery(delivery)
	call := about("Deliver", servers)
	call.What = fmt.Sprintf("revision %d to %s", delivery.Revision, call.What)
	return s.reach(ctx, call, servers, func(w *World, reached *server) bool {
		return reached.deliver(delivery, w.options.Now().Add(w.lag.Deliveries))
	})
}

// Restart implements [hosting.Servers]. Each server is a step.
func (s *Service) Restart(ctx context.Context, servers []hosting.Server, mark string) error {
	return s.reach(ctx, about("Restart", servers), servers, func(w *World, reached *server) bool {
		return reached.restart(mark, w.behaviorOf(reached.program), w.options.Now())
	})
}

// Decommission implements [hosting.Servers]. Each server is a step.
func (s *Service) Decommission(ctx context.Context, servers []hosting.Server) error {
	return s.reach(ctx, about("Decommission", servers), servers, func(w *World, reached *server) bool {
		return reached.decommission(w.options.Now().Add(w.lag.Deliveries))
	})
}

// Terminate implements [hosting.Servers]. Each server is a step.
func (s *Service) Terminate(ctx context.Context, servers []hosting.Server) error {
	return s.reach(ctx, about("Terminate", servers), servers, func(w *World, reached *server) bool {
		w.forget(reached)
		return true
	})
}

// reach does something to each of the servers that are known. It reports whether
// that has changed anything.
func (s *Service) reach(ctx context.Context, call Call, servers []hosting.Server, do func(*World, *server) bool) error {
	effects := make([]effect, 0, len(servers))
	for _, wanted := range servers {
		effects = append(effects, func() (bool, error) {
			reached, known := s.world.servers[wanted.ID]
			if !known {
				return false, nil
			}
			reached.settle(s.world.options.Now())
			return do(s.world, reached), nil
		})
	}
	return s.performEach(ctx, call, effects)
}

// about returns a call that is about servers, which are of one group as a rule.
func about(method string, servers []hosting.Server) Call {
	call := Call{Method: method, What: fmt.Sprintf("%d servers", len(servers))}
	if len(servers) > 0 {
		call.Group = servers[0].Group.Name
	}
	return call
}
