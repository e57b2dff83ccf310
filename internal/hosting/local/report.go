//go:build linux

package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

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
		report, err := s.serverDirectory(server.ID).report()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading the report of %s: %w", server.Key(), err)
		}
		reports[server.ID] = report
	}
	return reports, nil
}

// LastReports implements [hosting.Servers]: here the newest are there at no price.
func (s *Service) LastReports(ctx context.Context, servers []hosting.Server) (map[string]boot.Report, error) {
	return s.Reports(ctx, servers)
}

// reportLimit is more than an agent ever writes: [boot.MaxNames] outputs of
// [boot.MaxValueBytes], in base64, and a log's tail.
const reportLimit = 16 << 20

func (d serverDirectory) report() (boot.Report, error) {
	encoded, err := readFile(d.reportPath(), reportLimit)
	if err == nil {
		var report boot.Report
		if report, err = boot.ParseReport(encoded); err == nil {
			return report, nil
		}
	} else if !isDamaged(err) && !errors.Is(err, fs.ErrPermission) {
		return boot.Report{}, err
	}
	return boot.Report{
		Status:  boot.StatusFailed,
		Failure: fmt.Sprintf("its report is damaged, probably by its own scripts: %v", err),
	}, nil
}
