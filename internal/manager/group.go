package manager

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// GroupSpec is what a group is asked to be.
type GroupSpec struct {
	Name string
	// Configuration is the ID of the server configuration, which must be stored.
	Configuration string
	// Parameters are the values that the group gives to its members.
	Parameters map[string]string
	// Secrets are those of them that are sensitive.
	Secrets map[string]string
	// KeepSecrets: they count only where the record holds none. A secret that Terraform
	// doesn't compare may be another one in every run.
	KeepSecrets bool
	// Size is the number of members.
	Size int
	// Restart is the mark under which the members are to have booted: another one
	// than they have restarts them, one at a time. Empty: it doesn't matter.
	Restart string
	// DrainTimeout is how long the consumers of servers that go may take to do without
	// them, and then their decommission scripts; 0: nobody is waited for, and the scripts
	// are not run.
	DrainTimeout time.Duration
}

// Outcome is what a change of a group has come to.
type Outcome struct {
	// Observation is the group's look after the change.
	Observation
	// Warnings are what went wrong and kept nothing from being done.
	Warnings []error
}

// GroupExistsError says that a group of the name exists and isn't what a
// creation that was cut short has left behind.
type GroupExistsError struct{ Name string }

// Error says what exists.
func (e *GroupExistsError) Error() string {
	return fmt.Sprintf("server group %q exists already in this namespace: another state has it, or another resource of this configuration", e.Name)
}

// GroupBusyError says that another run has created a group of the name and is still at
// work.
type GroupBusyError struct{ Name string }

// Error says who is at work and what to do.
func (e *GroupBusyError) Error() string {
	return fmt.Sprintf("another run of Terraform is creating server group %q in this namespace at this moment: wait until it has ended, and apply again; "+
		"if it has another state, give one of the two states a namespace of its own", e.Name)
}

// CreateGroup creates a group and launches its members. A group of that name
// that an earlier run has begun and Terraform has not saved is taken over, with
// the members that it has. The group's look after the call is returned, also
// with an error once the group is recorded; then it is true as far as it goes.
func (m *Manager) CreateGroup(ctx context.Context, spec GroupSpec) (Outcome, error) {
	configuration, err := m.checkSpec(ctx, spec)
	if err != nil {
		return Outcome{}, err
	}
	ref, err := m.claimGroup(ctx, spec, configuration)
	if err != nil {
		return Outcome{}, err
	}
	creation := change{Manager: m, ref: ref, drainTimeout: spec.DrainTimeout}
	convergeErr := surviving(func() error { return creation.converge(ctx) })
	if convergeErr == nil {
		_, convergeErr = m.service.UpdateGroup(ctx, ref, func(group *hosting.Group) error {
			if group.State == hosting.GroupCreating {
				group.State = hosting.GroupCreated
			}
			return nil
		})
	}
	return creation.lookAfter(ctx, convergeErr)
}

// ChangeGroup makes a group what spec asks for: it launches and replaces what is
// missing, failed or outdated, and terminates what is too much, the highest
// slots first. What goes is let run its decommission script before. The members in
// the slots of keep are not replaced whatever their state. Like CreateGroup it
// returns the look after the call also with an error.
func (m *Manager) ChangeGroup(ctx context.Context, ref hosting.GroupRef, spec GroupSpec, keep map[int]bool) (Outcome, error) {
	configuration, err := m.checkSpec(ctx, spec)
	if err != nil {
		return Outcome{}, err
	}
	_, err = m.service.UpdateGroup(ctx, ref, func(group *hosting.Group) error {
		group.State = hosting.GroupConfirmed
		applySpec(group, spec, configuration)
		return nil
	})
	if err != nil {
		return Outcome{}, fmt.Errorf("recording the change of server group %q: %w", ref.Name, err)
	}
	update := change{Manager: m, ref: ref, keep: keep, drainTimeout: spec.DrainTimeout}
	return update.lookAfter(ctx, surviving(func() error { return update.converge(ctx) }))
}

// ConfirmGroup records that Terraform's state holds the incarnation.
func (m *Manager) ConfirmGroup(ctx context.Context, ref hosting.GroupRef) error {
	_, err := m.service.UpdateGroup(ctx, ref, func(group *hosting.Group) error {
		group.State = hosting.GroupConfirmed
		return nil
	})
	if err != nil {
		return fmt.Errorf("confirming server group %q: %w", ref.Name, err)
	}
	return nil
}

// DestroyGroup terminates every server of the group and forgets it; drainTimeout is
// that of a [GroupSpec]. A group that is gone is no error. The warnings are what
// went wrong and kept nothing from being done.
func (m *Manager) DestroyGroup(ctx context.Context, ref hosting.GroupRef, drainTimeout time.Duration) (warnings []error, err error) {
	// Only what an update returns is sure to be the newest: without it a launch that
	// was begun just before could be overlooked.
	group, err := m.service.UpdateGroup(ctx, ref, func(group *hosting.Group) error {
		group.Size = 0
		return nil
	})
	if errors.Is(err, hosting.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("recording the end of server group %q: %w", ref.Name, err)
	}
	end := change{Manager: m, ref: ref, drainTimeout: drainTimeout}
	if err := end.recallLaunch(ctx, group); err != nil {
		return nil, err
	}
	servers, err := m.service.Servers(ctx, ref)
	if err != nil {
		return end.warnings, err
	}
	if err := end.retire(ctx, servers); err != nil {
		return end.warnings, err
	}
	if err := m.forgetAtSources(ctx, group); err != nil {
		return end.warnings, err
	}
	if err := m.service.DeleteGroup(ctx, ref); err != nil {
		return end.warnings, fmt.Errorf("deleting server group %q: %w", ref.Name, err)
	}
	return end.warnings, nil
}

// checkSpec returns the configuration that the spec names.
func (m *Manager) checkSpec(ctx context.Context, spec GroupSpec) (boot.Configuration, error) {
	configuration, err := m.Configuration(ctx, spec.Configuration)
	if errors.Is(err, hosting.ErrNotFound) {
		return configuration, fmt.Errorf("server configuration %q isn't stored on the hosting service; apply the configuration first: %w", spec.Configuration, err)
	}
	if err != nil {
		return configuration, err
	}
	return configuration, checkValues(configuration, spec.Parameters, spec.Secrets)
}

// checkValues reports the first of the values that the configuration doesn't take from its
// group, and the first parameter that lacks one.
func checkValues(configuration boot.Configuration, plain, secrets map[string]string) error {
	for _, values := range []map[string]string{plain, secrets} {
		for _, name := range slices.Sorted(maps.Keys(values)) {
			parameter, declared := configuration.Parameters[name]
			if !declared {
				return fmt.Errorf("configuration %q declares no parameter %q", configuration.Name, name)
			}
			if err := parameter.Check(values[name]); err != nil {
				return fmt.Errorf("parameter %q: %w", name, err)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(configuration.Parameters)) {
		parameter := configuration.Parameters[name]
		_, open := plain[name]
		_, secret := secrets[name]
		if !open && !secret && parameter.Default == nil && !parameter.Deferred {
			return fmt.Errorf("parameter %q of configuration %q has neither a value nor a default and isn't deferred", name, configuration.Name)
		}
	}
	return nil
}

func applySpec(group *hosting.Group, spec GroupSpec, configuration boot.Configuration) {
	own := split(configuration, spec.Parameters, spec.Secrets)
	group.Configuration = spec.Configuration
	group.Parameters = own.launched
	group.Size = spec.Size
	group.Restart = spec.Restart
	if group.Size == 0 {
		// What a group without members would keep goes stale unnoticed: its values
		// are fetched anew when a member runs again.
		group.Values, group.Restarts, group.Replacements = nil, hosting.Renewals{}, hosting.Renewals{}
		return
	}
	forgetSecrets(group, configuration)
	give(group, configuration, own.delivered, spec.KeepSecrets)
}

// claimGroup records the group, or takes over what a crashed run has recorded.
func (m *Manager) claimGroup(ctx context.Context, spec GroupSpec, configuration boot.Configuration) (hosting.GroupRef, error) {
	group := hosting.Group{
		GroupRef: hosting.GroupRef{Name: spec.Name, Incarnation: rand.Text()},
		State:    hosting.GroupCreating,
		Run:      m.run,
	}
	applySpec(&group, spec, configuration)
	err := m.service.CreateGroup(ctx, group)
	if errors.Is(err, hosting.ErrExists) {
		return m.takeOverGroup(ctx, spec, configuration)
	}
	if err != nil {
		return hosting.GroupRef{}, fmt.Errorf("recording server group %q: %w", spec.Name, err)
	}
	return group.GroupRef, nil
}

func (m *Manager) takeOverGroup(ctx context.Context, spec GroupSpec, configuration boot.Configuration) (hosting.GroupRef, error) {
	found, err := m.service.Group(ctx, spec.Name)
	if err != nil {
		return hosting.GroupRef{}, err
	}
	if found.State != hosting.GroupConfirmed && m.service.Running(found.Run) {
		return hosting.GroupRef{}, &GroupBusyError{Name: spec.Name}
	}
	_, err = m.service.UpdateGroup(ctx, found.GroupRef, func(group *hosting.Group) error {
		sameConfiguration := boot.ConfigurationName(group.Configuration) == boot.ConfigurationName(spec.Configuration)
		if group.Run != found.Run {
			// Of several runs that want to take it over, one does.
			return &GroupBusyError{Name: spec.Name}
		}
		if group.State == hosting.GroupConfirmed || group.Run == m.run || !sameConfiguration {
			return &GroupExistsError{Name: spec.Name}
		}
		group.Run = m.run
		applySpec(group, spec, configuration)
		return nil
	})
	if err != nil {
		return hosting.GroupRef{}, err
	}
	return found.GroupRef, nil
}
