package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

const (
	// lookPace is how often the demo looks at the process table while it waits.
	lookPace = 50 * time.Millisecond

	// patience is how long servers may take to end by themselves once their
	// directory is gone: a supervisor looks once a second and gives its server
	// two seconds.
	patience = 6 * time.Second
)

// cleanUp removes whatever a demo has left. Where there is a state, Terraform
// destroys what is in it; then the servers' directory goes, upon which their
// supervisors end them; what has lost its supervisor is killed. It may be repeated.
func (s *stage) cleanUp(ctx context.Context, t *terminal) error {
	if s.exists("terraform.tfstate") {
		if err := s.destroy(ctx); err != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			t.linef("%s can't destroy what its state says; the servers are ended all the same.", s.cli.name())
		}
	}
	if err := s.endServers(ctx); err != nil {
		return err
	}
	for _, name := range []string{
		".terraform", ".terraform.lock.hcl", ".terraform.tfstate.lock.info",
		"terraform.tfstate", "terraform.tfstate.backup", planFile, "terraform.d",
	} {
		if err := os.RemoveAll(s.path(name)); err != nil {
			return fmt.Errorf("cleaning up: %w", err)
		}
	}
	t.linef("Nothing is left of the demo: no server, no file.")
	return nil
}

func (s *stage) destroy(ctx context.Context) error {
	if _, err := os.Stat(s.provider()); err != nil {
		return err
	}
	if err := s.init(ctx); err != nil {
		return err
	}
	_, err := s.cli.must(ctx, "destroy", "-auto-approve", "-input=false", "-no-color", "-lock-timeout=20s")
	return err
}

// init prepares the working directory. The lock file goes first: it holds the hash
// of the provider that was built the last time.
func (s *stage) init(ctx context.Context) error {
	if err := os.RemoveAll(s.path(".terraform.lock.hcl")); err != nil {
		return err
	}
	_, err := s.cli.must(ctx, "init", "-input=false", "-no-color")
	return err
}

// endServers removes the servers' directory and returns when none of their
// processes is left.
func (s *stage) endServers(ctx context.Context) error {
	directory := s.stateDirectory()
	killing, stop := context.WithTimeout(ctx, patience)
	defer stop()
	limited, cancel := context.WithTimeoutCause(ctx, 3*patience, errors.New("processes of the demo's servers don't end"))
	defer cancel()
	return wait.Until(limited, lookPace, func(context.Context) (bool, error) {
		// What still runs may write into it while it is being removed.
		removed := os.RemoveAll(directory) == nil
		running := runningIn(directory)
		if killing.Err() != nil {
			for _, pid := range running {
				kill(pid, directory)
			}
		}
		return removed && len(running) == 0, nil
	})
}
