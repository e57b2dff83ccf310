package hostingfake

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// PutConfiguration implements [hosting.Configurations].
func (s *Service) PutConfiguration(ctx context.Context, configuration boot.Configuration) error {
	id := configuration.ID()
	return s.perform(ctx, Call{Method: "PutConfiguration", What: id}, func() (bool, error) {
		if _, found := s.world.configuration(id); found {
			return false, nil
		}
		s.world.configurations = append(s.world.configurations, storedConfiguration{ID: id, Content: cloneConfiguration(configuration)})
		return true, nil
	})
}

// Configuration implements [hosting.Configurations].
func (s *Service) Configuration(ctx context.Context, id string) (boot.Configuration, error) {
	var content boot.Configuration
	err := s.perform(ctx, Call{Method: "Configuration", What: id}, func() (bool, error) {
		stored, found := s.world.configuration(id)
		if !found {
			return false, fmt.Errorf("reading server configuration %q: %w", id, hosting.ErrNotFound)
		}
		content = cloneConfiguration(stored)
		return false, nil
	})
	if err != nil {
		return boot.Configuration{}, err
	}
	return content, nil
}

// ConfigurationIDs implements [hosting.Configurations].
func (s *Service) ConfigurationIDs(ctx context.Context, name string) ([]string, error) {
	var ids []string
	err := s.perform(ctx, Call{Method: "ConfigurationIDs", What: name}, func() (bool, error) {
		ids = s.world.configurationIDs(name)
		return false, nil
	})
	if err != nil {
		return nil, err
	}
	return ids, nil
}

// DeleteConfigurations implements [hosting.Configurations]. Each content is a step.
func (s *Service) DeleteConfigurations(ctx context.Context, name string, used []string) error {
	var effects []effect
	for _, id := range s.world.configurationIDsNow(name) {
		if slices.Contains(used, id) {
			continue
		}
		effects = append(effects, func() (bool, error) { return s.world.deleteConfiguration(id), nil })
	}
	return s.performEach(ctx, Call{Method: "DeleteConfigurations", What: name}, effects)
}

func (w *World) configuration(id string) (boot.Configuration, bool) {
	for _, stored := range w.configurations {
		if stored.ID == id {
			return stored.Content, true
		}
	}
	return boot.Configuration{}, false
}

func (w *World) configurationIDsNow(name string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.configurationIDs(name)
}

func (w *World) configurationIDs(name string) []string {
	var ids []string
	for _, stored := range w.configurations {
		if boot.ConfigurationName(stored.ID) == name {
			ids = append(ids, stored.ID)
		}
	}
	return ids
}

func (w *World) deleteConfiguration(id string) bool {
	before := len(w.configurations)
	w.configurations = slices.DeleteFunc(slices.Clone(w.configurations), func(stored storedConfiguration) bool { return stored.ID == id })
	return len(w.configurations) < before
}

func cloneConfiguration(configuration boot.Configuration) boot.Configuration {
	configuration.Parameters = maps.Clone(configuration.Parameters)
	configuration.Outputs = maps.Clone(configuration.Outputs)
	return configuration
}
