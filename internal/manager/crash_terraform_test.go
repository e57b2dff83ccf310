package manager_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/hostingfake"
	"github.com/musterhq/terraform-provider-muster/internal/manager"
)

// A miniature of Terraform, as far as it drives the manager: it refreshes, plans and
// applies a stack one resource after the other, by the rules of the provider's
// resources, and saves what they would save.

// stack is what a user's configuration asks for.
type stack struct {
	// configurations, groups and wires are keyed by address. A group's address is its
	// name, that of a configuration too.
	configurations map[string]boot.Configuration
	groups         map[string]groupArguments
	wires          map[string]manager.WireSpec
	// readiness: there is a readiness over all of the stack.
	readiness bool
	// ids are the IDs of the configurations; see identified.
	ids map[string]string
}

type groupArguments struct {
	configuration string
	parameters    map[string]string
	size          int
	restart       string
	// generation: another one replaces the group, as terraform apply -replace does.
	generation int
}

// drainTimeout is long enough for every decommission script.
const drainTimeout = time.Minute

func (s stack) spec(name string) manager.GroupSpec {
	arguments := s.groups[name]
	return manager.GroupSpec{
		Name: name, Configuration: s.ids[arguments.configuration], Parameters: arguments.parameters,
		Size: arguments.size, Restart: arguments.restart, DrainTimeout: drainTimeout,
	}
}

// identified returns the stack with the IDs of its configurations, which take a while
// to compute.
func (s stack) identified() stack {
	s.ids = make(map[string]string)
	for name, configuration := range s.configurations {
		s.ids[name] = configuration.ID()
	}
	return s
}

// state is Terraform's state.
type state struct {
	// configurations holds the IDs.
	configurations map[string]string
	groups         map[string]groupState
	wires          map[string]wireState
	// readiness is what was waited for; empty: there is none.
	readiness string
}

type groupState struct {
	ref        hosting.GroupRef
	generation int
	spec       manager.GroupSpec
	// members holds the servers' IDs by slot.
	members map[int]string
}

type wireState struct {
	id   string
	spec manager.WireSpec
	// ends are the handles of the groups at its ends.
	ends     string
	delivery string
}

func (s state) clone() state {
	s.configurations = maps.Clone(s.configurations)
	s.groups = maps.Clone(s.groups)
	s.wires = maps.Clone(s.wires)
	return s
}

// backend keeps the state between the runs.
type backend struct {
	// eager saves the state after every resource, as the local backend does; otherwise
	// it is saved at the end, as the http backend does it in short runs.
	eager bool
	saved state
}

func newBackend() *backend {
	return &backend{saved: state{
		configurations: make(map[string]string), groups: make(map[string]groupState), wires: make(map[string]wireState),
	}}
}

func (b *backend) clone(eager bool) *backend { return &backend{eager: eager, saved: b.saved.clone()} }

// client is a hosting service as one run of the provider has it, which can be killed.
type client interface {
	hosting.Service

	// Killed reports whether the run is dead.
	Killed() bool
	// Checkpoint does something durable elsewhere, such as saving the state; the run can
	// be killed there too.
	Checkpoint(ctx context.Context, what string, effect func() error) error
}

// run is one terraform apply.
type run struct {
	client  client
	manager *manager.Manager
	backend *backend
	want    stack

	state state
	// seen are the sightings of the refresh.
	groupSeen map[string]manager.Observation
	wireSeen  map[string]manager.WireState
	// changes are the operations that were begun, refreshing aside.
	changes []string
}

// apply brings the world to what is wanted. decorate may be nil.
func apply(ctx context.Context, client client, backend *backend, want stack, decorate func(hosting.Service) hosting.Service) (*run, error) {
	var service hosting.Service = client
	if decorate != nil {
		service = decorate(client)
	}
	r := &run{
		client: client, backend: backend, want: want, state: backend.saved.clone(),
		manager:   manager.New(manager.Options{Service: service, Now: time.Now}),
		groupSeen: make(map[string]manager.Observation), wireSeen: make(map[string]manager.WireState),
	}
	if err := r.refresh(ctx); err != nil {
		return r, fmt.Errorf("refreshing: %w", err)
	}
	err := r.change(ctx)
	if !backend.eager {
		err = errors.Join(err, r.save(ctx))
	}
	return r, err
}

// change destroys what is not wanted and then creates and changes the rest, in the
// order of dependencies.
func (r *run) change(ctx context.Context) error {
	plan := append(r.planDestruction(), r.planChanges()...)
	for _, operation := range plan {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		r.changes = append(r.changes, operation.address)
		err := operation.do(ctx)
		if r.client.Killed() {
			return hostingfake.ErrKilled
		}
		if r.backend.eager {
			err = errors.Join(err, r.save(ctx))
		}
		if err != nil {
			return fmt.Errorf("%s: %w", operation.address, err)
		}
	}
	return nil
}

// save writes the state also when the run is cancelled, but not when it is killed.
func (r *run) save(ctx context.Context) error {
	return r.client.Checkpoint(context.WithoutCancel(ctx), "save the state", func() error {
		r.backend.saved = r.state.clone()
		return nil
	})
}

func (r *run) refresh(ctx context.Context) error {
	for _, name := range slices.Sorted(maps.Keys(r.state.configurations)) {
		_, err := r.manager.ReadConfiguration(ctx, r.state.configurations[name])
		switch {
		case errors.Is(err, hosting.ErrNotFound):
			delete(r.state.configurations, name)
		case err != nil:
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.state.groups)) {
		if err := r.refreshGroup(ctx, name); err != nil {
			return err
		}
	}
	for _, address := range slices.Sorted(maps.Keys(r.state.wires)) {
		known := r.state.wires[address]
		seen, err := r.manager.LookAtWire(ctx, known.id, known.spec)
		if err != nil {
			return err
		}
		r.wireSeen[address] = seen
	}
	return r.refreshReadiness(ctx)
}

func (r *run) refreshGroup(ctx context.Context, name string) error {
	known := r.state.groups[name]
	seen, err := r.manager.Observe(ctx, known.ref)
	if errors.Is(err, hosting.ErrNotFound) {
		delete(r.state.groups, name)
		return nil
	}
	if _, missing := errors.AsType[*manager.ConfigurationMissingError](err); missing {
		return nil
	}
	if err != nil {
		return err
	}
	if seen.Group.State != hosting.GroupConfirmed {
		if err := r.manager.ConfirmGroup(ctx, known.ref); err != nil {
			return err
		}
	}
	r.groupSeen[name] = seen
	members := membersOf(seen)
	for slot := range seen.Group.Size {
		if _, running := members[slot]; !running && known.members[slot] != "" {
			members[slot] = known.members[slot]
		}
	}
	known.members = members
	r.state.groups[name] = known
	return nil
}

func (r *run) refreshReadiness(ctx context.Context) error {
	if r.state.readiness == "" {
		return nil
	}
	_, err := r.manager.Collect(ctx, r.refs())
	return err
}

func membersOf(seen manager.Observation) map[int]string {
	members := make(map[int]string)
	for _, member := range seen.Members {
		if member.Slot < seen.Group.Size {
			members[member.Slot] = member.ID
		}
	}
	return members
}

// refs returns the groups in the state.
func (r *run) refs() []hosting.GroupRef {
	var refs []hosting.GroupRef
	for _, name := range slices.Sorted(maps.Keys(r.state.groups)) {
		refs = append(refs, r.state.groups[name].ref)
	}
	return refs
}
