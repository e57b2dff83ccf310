// Package manager is the virtual server manager: it assigns slots, launches,
// replaces and retires the members of server groups, records the wires between
// groups, delivers values along them, collects reports, and awaits readiness.
//
// It knows neither Terraform nor any particular hosting service. Everything
// that must outlive a run is in the ledger of the hosting service; a Manager
// itself keeps nothing but a cache of immutable content.
package manager

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/metric"
)

// Options are the dependencies of a [Manager].
type Options struct {
	Service hosting.Service
	// Scope says in a few words what the provider's configuration says of the place; see
	// [Manager.Scope]. May be empty.
	Scope string
	// Sources are the metric sources by name; may be nil.
	Sources map[string]metric.Source
	// Now is the clock.
	Now func() time.Time
}

// Manager manages the servers of one namespace on one hosting service. Its
// methods may be called concurrently.
type Manager struct {
	service hosting.Service
	scope   string
	sources map[string]metric.Source
	now     func() time.Time
	// run tells the records of this run from those that a crashed one has left.
	run string

	mu             sync.Mutex
	configurations map[string]boot.Configuration
}

// New returns a Manager for one run of the provider.
func New(options Options) *Manager {
	return &Manager{
		service:        options.Service,
		scope:          options.Scope,
		sources:        maps.Clone(options.Sources),
		now:            options.Now,
		run:            options.Service.NewRun(),
		configurations: make(map[string]boot.Configuration),
	}
}

// abandoned reports whether nobody stands any more for what that run has recorded
// and Terraform has not saved.
func (m *Manager) abandoned(run string) bool { return run != m.run && !m.service.Running(run) }

// Sources returns the metric sources by name.
func (m *Manager) Sources() map[string]metric.Source { return maps.Clone(m.sources) }

// Now returns the present time.
func (m *Manager) Now() time.Time { return m.now() }

// Location says where the manager's namespace lies; see [hosting.Service].
func (m *Manager) Location() string { return m.service.Location() }

// Scope tells the manager's ledger from those of other managers of the same run. Unlike
// Location it follows from the provider's configuration alone, so that a plan can hold it.
func (m *Manager) Scope() string { return m.scope }

// Abandoned reports whether nothing can run any more at a Location that an
// earlier run has stored; see [hosting.Service].
func (m *Manager) Abandoned(location string) bool { return m.service.Abandoned(location) }

// CheckConfiguration returns what keeps the hosting service from running servers of
// the configuration. It does no I/O.
func (m *Manager) CheckConfiguration(configuration boot.Configuration) []boot.FieldFault {
	return m.service.CheckConfiguration(configuration)
}

// PutConfiguration stores the content of a server configuration.
func (m *Manager) PutConfiguration(ctx context.Context, configuration boot.Configuration) error {
	return m.service.PutConfiguration(ctx, configuration)
}

// DeleteConfigurations removes every content stored under the name, but for what a
// group still launches from.
func (m *Manager) DeleteConfigurations(ctx context.Context, name string) error {
	groups, err := m.service.Groups(ctx)
	if err != nil {
		return fmt.Errorf("listing the server groups: %w", err)
	}
	var used []string
	for _, group := range groups {
		used = append(used, group.Configuration)
	}
	return m.service.DeleteConfigurations(ctx, name, used)
}

// Configuration returns the content stored under the ID. Content never changes
// under its ID, so it is read once per run.
func (m *Manager) Configuration(ctx context.Context, id string) (boot.Configuration, error) {
	m.mu.Lock()
	configuration, ok := m.configurations[id]
	m.mu.Unlock()
	if ok {
		return configuration, nil
	}
	configuration, err := m.service.Configuration(ctx, id)
	if err != nil {
		return boot.Configuration{}, err
	}
	m.mu.Lock()
	m.configurations[id] = configuration
	m.mu.Unlock()
	return configuration, nil
}

// ReadConfiguration is Configuration without the cache: it tells whether the content
// is stored now.
func (m *Manager) ReadConfiguration(ctx context.Context, id string) (boot.Configuration, error) {
	return m.service.Configuration(ctx, id)
}

// CurrentConfiguration returns the ID of the content of that name that a group
// launches from or, where none does, the newest; [hosting.ErrNotFound] where there
// is none. Groups that launch from different contents are an error that names them.
func (m *Manager) CurrentConfiguration(ctx context.Context, name string) (string, error) {
	stored, err := m.service.ConfigurationIDs(ctx, name)
	if err != nil {
		return "", err
	}
	if len(stored) == 0 {
		return "", fmt.Errorf("server configuration %q: nothing is stored under this name at %s: %w", name, m.Location(), hosting.ErrNotFound)
	}
	groups, err := m.service.Groups(ctx)
	if err != nil {
		return "", fmt.Errorf("listing the server groups: %w", err)
	}
	var used []string
	for _, group := range groups {
		if slices.Contains(stored, group.Configuration) {
			used = append(used, group.Configuration)
		}
	}
	slices.Sort(used)
	switch used = slices.Compact(used); len(used) {
	case 0:
		return stored[len(stored)-1], nil
	case 1:
		return used[0], nil
	}
	return "", fmt.Errorf("groups launch from several contents of server configuration %q: import one of %s", name, strings.Join(used, ", "))
}
