//go:build linux

package local

import (
	"fmt"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

// hostImage is the one image: this machine.
const hostImage = "host"

// CheckConfiguration implements [hosting.Configurations].
func (s *Service) CheckConfiguration(configuration boot.Configuration) []boot.FieldFault {
	if configuration.Image == hostImage {
		return nil
	}
	return []boot.FieldFault{{
		Path:    []string{"image"},
		Message: fmt.Sprintf("the local hosting service knows one image, %q, which is this machine, and not %q.", hostImage, configuration.Image),
	}}
}
