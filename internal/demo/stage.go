package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/musterhq/terraform-provider-muster/internal/hosting/local"
)

const (
	// providerDirectory is where both Terraform and OpenTofu look for a provider
	// of that address and version before they ask its registry.
	providerDirectory = "terraform.d/plugins/muster.example/musterhq/muster/0.1.0"

	// namespace is the one that the example's provider uses.
	namespace = "default"
)

// stage is the place where the demo plays: the example's own directory, in which
// everything that arises is ignored by Git.
type stage struct {
	root, place string
	cli         *cli
}

func (s *stage) path(elements ...string) string {
	return filepath.Join(append([]string{s.place}, elements...)...)
}

func (s *stage) stateDirectory() string { return s.path(".muster") }

func (s *stage) provider() string {
	return s.path(providerDirectory, runtime.GOOS+"_"+runtime.GOARCH, "terraform-provider-muster")
}

// build builds the provider and the program that the example's servers run.
func (s *stage) build(ctx context.Context) error {
	targets := map[string]string{
		s.provider():                 ".",
		s.path("terraform.d", "app"): "./examples/quickstart/app",
	}
	for output, source := range targets {
		command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", output, source)
		command.Dir = s.root
		if said, err := command.CombinedOutput(); err != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return fmt.Errorf("building %s: %w\n%s", source, err, said)
		}
	}
	return nil
}

// leftovers tells whether an earlier demo was cut short.
func (s *stage) leftovers() bool {
	return s.exists("terraform.tfstate") || s.exists(".muster")
}

func (s *stage) exists(name string) bool {
	_, err := os.Lstat(s.path(name))
	return !errors.Is(err, fs.ErrNotExist)
}

// service opens the hosting service that the example's servers run on.
func (s *stage) service() (*local.Service, error) {
	return local.New(local.Options{Directory: s.stateDirectory(), Namespace: namespace, Executable: s.provider()})
}
