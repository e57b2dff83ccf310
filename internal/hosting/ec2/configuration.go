package ec2

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// A configuration's contents are the versions of one launch template. Each version holds
// a content twice: as settings from which EC2 launches, and whole in its user data, which
// every launch overrides. The version's description is the hash in the content's ID. The
// first version is none of them: it stays the default one, which can't be deleted.

// configurationID tells what may be a stored content.
var configurationID = regexp.MustCompile(`^[a-z0-9-]+@([0-9a-f]{16})$`)

// contentHash returns the hash in a configuration's ID; empty where it isn't one.
func contentHash(id string) string {
	if parts := configurationID.FindStringSubmatch(id); parts != nil {
		return parts[1]
	}
	return ""
}

// PutConfiguration implements [hosting.Configurations].
func (s *Service) PutConfiguration(ctx context.Context, configuration boot.Configuration) error {
	if err := s.putConfiguration(ctx, configuration); err != nil {
		return fmt.Errorf("storing server configuration %q: %w", configuration.Name, err)
	}
	return nil
}

// Configuration implements [hosting.Configurations].
func (s *Service) Configuration(ctx context.Context, id string) (boot.Configuration, error) {
	stored, err := s.findContent(ctx, id)
	if err == nil {
		var configuration boot.Configuration
		if configuration, err = decodeConfiguration(id, stored.userData); err == nil {
			return configuration, nil
		}
	}
	return boot.Configuration{}, fmt.Errorf("reading server configuration %q: %w", id, err)
}

// ConfigurationIDs implements [hosting.Configurations].
func (s *Service) ConfigurationIDs(ctx context.Context, name string) ([]string, error) {
	stored, err := s.lookForContents(ctx, name)
	if err != nil && !errors.Is(err, hosting.ErrNotFound) {
		return nil, fmt.Errorf("listing the contents of server configuration %q: %w", name, err)
	}
	return stored.ids(), nil
}

// DeleteConfigurations implements [hosting.Configurations].
func (s *Service) DeleteConfigurations(ctx context.Context, name string, used []string) error {
	if err := s.deleteConfigurations(ctx, name, used); err != nil {
		return fmt.Errorf("deleting server configuration %q: %w", name, err)
	}
	return nil
}

// findTemplate finds the version of the launch template that holds the configuration of
// the ID, or hosting.ErrNotFound.
func (s *Service) findTemplate(ctx context.Context, configurationID string) (template, error) {
	stored, err := s.findContent(ctx, configurationID)
	if err != nil {
		return template{}, fmt.Errorf("reading server configuration %q: %w", configurationID, err)
	}
	return stored.template, nil
}

// findContent costs no call where this process has seen the content: it never changes.
func (s *Service) findContent(ctx context.Context, id string) (content, error) {
	if contentHash(id) == "" {
		return content{}, hosting.ErrNotFound
	}
	if stored, ok := s.configurations.content(id); ok {
		return stored, nil
	}
	// Another process may have stored it just now: only the second look is believed.
	for look := range 2 {
		if look > 0 && s.configurations.hasRemoved(boot.ConfigurationName(id)) {
			break
		}
		if look > 0 {
			if err := pause(ctx, agreement); err != nil {
				return content{}, err
			}
		}
		stored, err := s.readContents(ctx, boot.ConfigurationName(id))
		if err != nil && !errors.Is(err, hosting.ErrNotFound) {
			return content{}, err
		}
		if found, ok := stored.find(id); ok {
			return found, nil
		}
	}
	return content{}, hosting.ErrNotFound
}

// lookForContents returns what is stored under the name; hosting.ErrNotFound, where
// nothing is, is believed at the second look.
func (s *Service) lookForContents(ctx context.Context, name string) (contents, error) {
	if boot.CheckResourceName(name) != nil {
		return contents{}, hosting.ErrNotFound
	}
	stored, err := s.readContents(ctx, name)
	if !errors.Is(err, hosting.ErrNotFound) || s.configurations.hasRemoved(name) {
		return stored, err
	}
	if err := pause(ctx, agreement); err != nil {
		return contents{}, err
	}
	return s.readContents(ctx, name)
}

func (s *Service) putConfiguration(ctx context.Context, configuration boot.Configuration) error {
	if err := boot.CheckResourceName(configuration.Name); err != nil {
		return err
	}
	id := configuration.ID()
	unlock, err := s.ledger.lock(ctx, s.templateName(configuration.Name))
	if err != nil {
		return err
	}
	defer unlock()
	if _, ok := s.configurations.content(id); ok {
		return nil
	}
	stored, err := s.readContents(ctx, configuration.Name)
	unclaimed := errors.Is(err, hosting.ErrNotFound)
	if err != nil && !unclaimed {
		return err
	}
	if _, ok := stored.find(id); ok {
		return nil
	}
	data, err := s.launchData(ctx, configuration)
	if err != nil {
		return err
	}
	if unclaimed {
		if stored, err = s.claimTemplate(ctx, configuration.Name); err != nil {
			return err
		}
	}
	if _, ok := stored.find(id); ok {
		return nil
	}
	return s.addVersion(ctx, stored, id, data)
}

// claimTemplate makes the template for a name, or returns what is in one that was made
// meanwhile.
func (s *Service) claimTemplate(ctx context.Context, name string) (stored contents, err error) {
	id, err := s.createTemplate(ctx, name)
	if !errors.Is(err, hosting.ErrExists) {
		return contents{name: name, templateID: id}, err
	}
	// Somebody else was faster, or the answer to this very call was lost.
	shown, err := settles(ctx, func(ctx context.Context) (bool, error) {
		var err error
		if stored, err = s.readContents(ctx, name); errors.Is(err, hosting.ErrNotFound) {
			return false, nil
		}
		return err == nil, err
	})
	if err == nil && !shown {
		err = fmt.Errorf("EC2 says that launch template %s exists, and doesn't show it; try again in a minute", s.templateName(name))
	}
	return stored, err
}

func (s *Service) deleteConfigurations(ctx context.Context, name string, used []string) error {
	unlock, err := s.ledger.lock(ctx, s.templateName(name))
	if err != nil {
		return err
	}
	defer unlock()
	stored, err := s.lookForContents(ctx, name)
	if errors.Is(err, hosting.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	needed, unneeded := stored.divide(used)
	if len(needed.list) == 0 {
		return s.deleteTemplate(ctx, stored)
	}
	return s.deleteVersions(ctx, unneeded)
}
