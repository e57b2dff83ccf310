package fault

import (
	"context"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// service tells of every call that does I/O, which are those that take a context,
// when it has taken effect. The others are the wrapped service's own.
type service struct {
	hosting.Service

	pace time.Duration
	done func(method string)
}

func (s *service) Pace() hosting.Pace {
	if s.pace > 0 {
		return hosting.Pace{Busy: s.pace, Idle: s.pace}
	}
	return s.Service.Pace()
}

func (s *service) PutConfiguration(ctx context.Context, configuration boot.Configuration) error {
	defer s.done("PutConfiguration")
	return s.Service.PutConfiguration(ctx, configuration)
}

func (s *service) Configuration(ctx context.Context, id string) (boot.Configuration, error) {
	defer s.done("Configuration")
	return s.Service.Configuration(ctx, id)
}

func (s *service) ConfigurationIDs(ctx context.Context, name string) ([]string, error) {
	defer s.done("ConfigurationIDs")
	return s.Service.ConfigurationIDs(ctx, name)
}

func (s *service) DeleteConfigurations(ctx context.Context, name string, used []string) error {
	defer s.done("DeleteConfigurations")
	return s.Service.DeleteConfigurations(ctx, name, used)
}

func (s *service) CreateGroup(ctx context.Context, group hosting.Group) error {
	defer s.done("CreateGroup")
	return s.Service.CreateGroup(ctx, group)
}

func (s *service) Group(ctx context.Context, name string) (hosting.Group, error) {
	defer s.done("Group")
	return s.Service.Group(ctx, name)
}

func (s *service) Groups(ctx context.Context) ([]hosting.Group, error) {
	defer s.done("Groups")
	return s.Service.Groups(ctx)
}

func (s *service) UpdateGroup(ctx context.Context, ref hosting.GroupRef, change func(*hosting.Group) error) (hosting.Group, error) {
	defer s.done("UpdateGroup")
	return s.Service.UpdateGroup(ctx, ref, change)
}

func (s *service) DeleteGroup(ctx context.Context, ref hosting.GroupRef) error {
	defer s.done("DeleteGroup")
	return s.Service.DeleteGroup(ctx, ref)
}

func (s *service) Launch(ctx context.Context, request hosting.LaunchRequest) ([]hosting.Server, error) {
	defer s.done("Launch")
	return s.Service.Launch(ctx, request)
}

func (s *service) Servers(ctx context.Context, ref hosting.GroupRef) ([]hosting.Server, error) {
	defer s.done("Servers")
	return s.Service.Servers(ctx, ref)
}

func (s *service) Deliver(ctx context.Context, servers []hosting.Server, delivery boot.Delivery) error {
	defer s.done("Deliver")
	return s.Service.Deliver(ctx, servers, delivery)
}

func (s *service) Reports(ctx context.Context, servers []hosting.Server) (map[string]boot.Report, error) {
	defer s.done("Reports")
	return s.Service.Reports(ctx, servers)
}

func (s *service) Recall(ctx context.Context, request hosting.LaunchRequest) ([]hosting.Server, error) {
	defer s.done("Recall")
	return s.Service.Recall(ctx, request)
}

func (s *service) LastReports(ctx context.Context, servers []hosting.Server) (map[string]boot.Report, error) {
	defer s.done("LastReports")
	return s.Service.LastReports(ctx, servers)
}

func (s *service) Restart(ctx context.Context, servers []hosting.Server, mark string) error {
	defer s.done("Restart")
	return s.Service.Restart(ctx, servers, mark)
}

func (s *service) Decommission(ctx context.Context, servers []hosting.Server) error {
	defer s.done("Decommission")
	return s.Service.Decommission(ctx, servers)
}

func (s *service) Terminate(ctx context.Context, servers []hosting.Server) error {
	defer s.done("Terminate")
	return s.Service.Terminate(ctx, servers)
}
