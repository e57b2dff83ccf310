//go:build linux

package local

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// zone is every local server's zone: there is one machine.
const zone = "local"

// Servers implements [hosting.Servers].
func (s *Service) Servers(ctx context.Context, ref hosting.GroupRef) ([]hosting.Server, error) {
	servers, err := s.list(ctx, ref)
	if err != nil {
		return nil, fmt.Errorf("listing the servers of group %q: %w", ref.Name, err)
	}
	slices.SortFunc(servers, func(a, b hosting.Server) int {
		return cmp.Or(cmp.Compare(a.Slot, b.Slot), cmp.Compare(a.Attempt, b.Attempt))
	})
	return servers, nil
}

func (s *Service) list(ctx context.Context, ref hosting.GroupRef) ([]hosting.Server, error) {
	if err := s.directory.check(); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(s.directory.servers())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, err
	}
	prefix := groupPrefix(ref)
	var servers []hosting.Server
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), prefix) || !serverID.MatchString(entry.Name()) {
			continue
		}
		server, err := s.inspect(ctx, s.serverDirectory(entry.Name()))
		if errors.Is(err, hosting.ErrNotFound) {
			continue // It was discarded since the directory was read.
		}
		if err != nil {
			return nil, err
		}
		if server.Group == ref {
			servers = append(servers, server)
		}
	}
	return servers, nil
}

// inspect describes the server of the directory, or returns ErrNotFound. A
// server that is being started by another process is waited for: to leave it
// out would make it an orphan of whoever destroys the group now.
func (s *Service) inspect(ctx context.Context, directory serverDirectory) (hosting.Server, error) {
	if err := context.Cause(ctx); err != nil {
		return hosting.Server{}, err
	}
	server, err := directory.describe(ctx)
	if err != nil && !directory.exists() {
		return hosting.Server{}, hosting.ErrNotFound
	}
	return server, err
}

func (d serverDirectory) describe(ctx context.Context) (hosting.Server, error) {
	record, err := d.record()
	if err != nil {
		return hosting.Server{}, err
	}
	info, err := os.Lstat(d.recordPath())
	if err != nil {
		return hosting.Server{}, err
	}
	revision, err := d.revision()
	if err != nil {
		return hosting.Server{}, err
	}
	server := hosting.Server{
		ID:          d.id(),
		Group:       record.Group,
		Slot:        record.Slot,
		Attempt:     record.Attempt,
		State:       hosting.ServerRunning,
		Facts:       hosting.Facts{Zone: zone},
		Fingerprint: record.Fingerprint,
		Restart:     record.Restart,
		Delivered:   revision,
		// The record is written once, when the server is launched.
		LaunchedAt: info.ModTime(),
	}
	return server, d.describeState(ctx, &server)
}

// describeState fills in what depends on the server's supervisor.
func (d serverDirectory) describeState(ctx context.Context, server *hosting.Server) error {
	started, held, err := d.settle(ctx)
	if err != nil {
		return err
	}
	if !started {
		held.release()
		server.State, server.EndReason = hosting.ServerEnded, "its launch was interrupted"
		return nil
	}
	supervisor, err := d.supervision()
	if err != nil {
		return err
	}
	server.Facts.PrivateIP, server.Restart = supervisor.Address, supervisor.Restart
	reason, err := d.endReason(supervisor)
	if reason != "" {
		server.State, server.EndReason = hosting.ServerEnded, reason
	}
	return err
}

// endReason is empty while the server runs.
func (d serverDirectory) endReason(supervisor supervision) (string, error) {
	current, err := supervisor.current(d)
	if err != nil {
		return "", err
	}
	running := current && supervisor.running()
	// Read after the look at the process: a supervisor records the reason first.
	recorded, err := d.ending()
	switch {
	case err != nil:
		return "", err
	case recorded.Reason != "":
		return recorded.Reason, nil
	case running:
		return "", nil
	case current:
		return "its supervisor was killed", nil
	}
	return "the machine was restarted, or the state directory was copied or moved", nil
}
