package ec2_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/ec2"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/hostingtest"
	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

// suiteImage is the image that the contract suite's configurations name.
const suiteImage = "host"

// subject lets the contract suite, which knows no hosting service, work with EC2: it gives
// the suite's configurations an image and launch settings, and takes them away again,
// and records the groups from which the suite launches without having created them.
type subject struct {
	*ec2.Service

	world *awsfake.World
	known *suiteContents
	// another returns the service as another process has it.
	another func(*awsfake.World) *ec2.Service
}

// suiteContents are configurations as the suite has them, by what they are on EC2.
type suiteContents struct {
	mu   sync.Mutex
	byID map[string]boot.Configuration
}

var _ hostingtest.Subject = subject{}

func newSubject(world *awsfake.World, process func(*awsfake.World) *ec2.Service) subject {
	return subject{Service: process(world), world: world, known: &suiteContents{byID: make(map[string]boot.Configuration)}, another: process}
}

// adapt returns the configuration as one for EC2.
func (s subject) adapt(suite boot.Configuration) boot.Configuration {
	adapted := suite
	if suite.Image == suiteImage {
		adapted.Image = awsfake.ImageID
	}
	adapted.EC2 = configuration().EC2
	s.known.mu.Lock()
	defer s.known.mu.Unlock()
	s.known.byID[adapted.ID()] = suite
	return adapted
}

// adaptID returns the ID that a configuration has on EC2.
func (s subject) adaptID(suiteID string) string {
	s.known.mu.Lock()
	defer s.known.mu.Unlock()
	for id, suite := range s.known.byID {
		if suite.ID() == suiteID {
			return id
		}
	}
	return suiteID
}

func (s subject) suiteOf(id string) boot.Configuration {
	s.known.mu.Lock()
	defer s.known.mu.Unlock()
	return s.known.byID[id]
}

func (s subject) CheckConfiguration(suite boot.Configuration) []boot.FieldFault {
	return s.Service.CheckConfiguration(s.adapt(suite))
}

func (s subject) PutConfiguration(ctx context.Context, suite boot.Configuration) error {
	return s.Service.PutConfiguration(ctx, s.adapt(suite))
}

func (s subject) Configuration(ctx context.Context, id string) (boot.Configuration, error) {
	found, err := s.Service.Configuration(ctx, s.adaptID(id))
	if err == nil {
		suite := s.suiteOf(found.ID())
		found.Image, found.EC2 = suite.Image, suite.EC2
	}
	return found, err
}

func (s subject) ConfigurationIDs(ctx context.Context, name string) ([]string, error) {
	ids, err := s.Service.ConfigurationIDs(ctx, name)
	for i, id := range ids {
		ids[i] = s.suiteOf(id).ID()
	}
	return ids, err
}

func (s subject) DeleteConfigurations(ctx context.Context, name string, used []string) error {
	adapted := make([]string, 0, len(used))
	for _, id := range used {
		adapted = append(adapted, s.adaptID(id))
	}
	return s.Service.DeleteConfigurations(ctx, name, adapted)
}

func (s subject) Launch(ctx context.Context, request hosting.LaunchRequest) ([]hosting.Server, error) {
	request.Payload.Configuration = s.adapt(request.Payload.Configuration)
	if err := s.prepare(ctx, request); err != nil {
		return nil, err
	}
	return s.Service.Launch(ctx, request)
}

func (s subject) Recall(ctx context.Context, request hosting.LaunchRequest) ([]hosting.Server, error) {
	request.Payload.Configuration = s.adapt(request.Payload.Configuration)
	return s.Service.Recall(ctx, request)
}

// prepare does what the manager has done before it launches.
func (s subject) prepare(ctx context.Context, request hosting.LaunchRequest) error {
	configuration := request.Payload.Configuration
	if err := s.Service.PutConfiguration(ctx, configuration); err != nil {
		return err
	}
	err := s.CreateGroup(ctx, hosting.Group{
		GroupRef: request.Group, State: hosting.GroupCreating, Run: "run", Configuration: configuration.ID(),
	})
	if errors.Is(err, hosting.ErrExists) {
		return nil
	}
	return err
}

// Reopen returns the service as a process has it that has just started.
func (s subject) Reopen(*testing.T) hosting.Service { return s.another(s.world) }

// EndServer lets the server power itself off.
func (s subject) EndServer(t *testing.T, server hosting.Server) {
	t.Helper()
	if err := s.world.EndInstance(server.ID); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	err := wait.Until(ctx, s.Pace().Busy, func(ctx context.Context) (bool, error) {
		servers, err := s.Servers(ctx, server.Group)
		return slices.ContainsFunc(servers, func(listed hosting.Server) bool {
			return listed.ID == server.ID && listed.State == hosting.ServerEnded
		}), err
	})
	if err != nil {
		t.Fatalf("waiting for the end of %s: %v", server.Key(), err)
	}
}

// TestService_hostile runs the contract suite in virtual time, with all that EC2 and SSM do to
// those who use them.
func TestService_hostile(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string]awsfake.Faults{
		"a friendly AWS":             {},
		"an AWS with all its faults": awsfake.Hostile(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hostingtest.TestInBubbles(t, func(*testing.T) hostingtest.Subject {
				world := awsfake.NewWorld(awsfake.Options{Faults: faults})
				return newSubject(world, newProcess)
			})
		})
	}
}

// newProcess returns a service as another process has it.
func newProcess(world *awsfake.World) *ec2.Service { return newService(world, world.Transport()) }
