//go:build linux

package local

import (
	"context"
	"slices"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// Recall implements [hosting.Servers]. A server that is being opened is a directory
// that is listed or not there: nothing shows late here.
func (s *Service) Recall(ctx context.Context, request hosting.LaunchRequest) ([]hosting.Server, error) {
	servers, err := s.Servers(ctx, request.Group)
	return slices.DeleteFunc(servers, func(server hosting.Server) bool {
		return server.Attempt != request.Attempt || !slices.Contains(request.Slots, server.Slot)
	}), err
}
