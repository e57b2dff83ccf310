//go:build linux

package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// Reports implements [hosting.Servers]. A report that can't be understood makes
// its own server a failed one and doesn't hide the others': the agent replaces
// it in one step, so nobody has looked at half of it.
func (s *Service) Reports(ctx context.Context, servers []hosting.Server) (map[string]boot.Report, error) {
	if err := s.directory.check(); err != nil {
		return nil, err
	}
	reports := make(map[string]boot.Report, len(servers))
	for _, server := range servers {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		if !serverID.MatchString(server.ID) {
			continue
		}
		encoded, err := os.ReadFile(s.serverDirectory(server.ID).path("report"))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading the report of %s: %w", server.Key(), err)
		}
		report, err := boot.ParseReport(encoded)
		if err != nil {
			report = boot.Report{Status: boot.StatusFailed, Failure: fmt.Sprintf("its report is damaged: %v", err)}
		}
		reports[server.ID] = report
	}
	return reports, nil
}
