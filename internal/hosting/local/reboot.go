//go:build linux

package local

import (
	"errors"
	"fmt"
	"os"
)

// errRestart ends a boot and not the server.
var errRestart = errors.New("it is to be restarted")

// restartRequest is what a supervisor is asked for; see [Service.Restart].
type restartRequest struct {
	Mark string `json:"mark"`
}

func (d serverDirectory) requestPath() string { return d.path("restart.json") }

// requestedMark returns the mark of the newest boot that was asked for. Without a
// request that can be understood it is that of the newest boot that there was;
// whoever asked asks again.
func (s *supervisor) requestedMark() string {
	request, err := readDocument[restartRequest](s.directory.requestPath())
	if err != nil {
		return s.self.Restart
	}
	return request.Mark
}

func (s *supervisor) restartRequested() bool { return s.requestedMark() != s.self.Restart }

// reboot ends every process of the server and boots it anew, or returns why it
// has to end. No ending is recorded meanwhile: the server goes on to exist. The
// mark is recorded when nothing of the former boot is left, and before anything
// of the new one is there: killed at any moment, the supervisor leaves a server
// that counts as ended, and never one that has the mark but not the boot.
func (s *supervisor) reboot() error {
	s.clear()
	if s.orders.terminated() {
		return errTerminated
	}
	s.self.Restart = s.requestedMark()
	if err := s.directory.renew(); err != nil {
		return fmt.Errorf("it can't be restarted: %w", err)
	}
	if err := s.boot(); err != nil {
		return fmt.Errorf("it can't be restarted: %w", err)
	}
	return nil
}

// renew removes what only the former boot was to leave, and makes sure that the
// new one finds its directories. The agent clears run/, so that must not lead
// elsewhere; where home/ leads is the scripts' own affair.
func (d serverDirectory) renew() error {
	for _, name := range []string{d.reportPath(), d.reportPath() + ".new"} {
		if err := os.RemoveAll(name); err != nil {
			return err
		}
	}
	if info, err := os.Lstat(d.run()); err != nil || !info.IsDir() {
		if err := remake(d.run()); err != nil {
			return err
		}
	}
	if info, err := os.Stat(d.home()); err != nil || !info.IsDir() {
		return remake(d.home())
	}
	return nil
}

// remake puts an empty directory in the place of whatever is there.
func remake(path string) error {
	if err := os.RemoveAll(path); err != nil {
		return err
	}
	return makeDirectory(path)
}
