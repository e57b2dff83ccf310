// Command demo builds the provider, applies examples/quickstart with the real
// Terraform or OpenTofu and tells on the terminal what happens. It checks whatever
// it says, and fails where something isn't so.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// errInterrupted is the cause of an end by Ctrl-C.
var errInterrupted = errors.New("interrupted")

func main() {
	binary := flag.String("terraform", "", "the `path` of Terraform or OpenTofu; default: the one on the PATH")
	clean := flag.Bool("clean", false, "remove whatever an interrupted demo has left")
	build := flag.Bool("build", false, "only build what the example needs")
	flag.Parse()
	ctx, interrupts := listen()
	if err := run(ctx, interrupts, *binary, *clean, *build); err != nil {
		fmt.Fprintf(os.Stderr, "\n%v\n", err)
		if !*clean && !*build {
			fmt.Fprintln(os.Stderr, "`make demo-clean` removes whatever the demo has left.")
		}
		os.Exit(1)
	}
}

// listen returns a context that the first interrupt ends, and a channel of the
// further ones.
func listen() (context.Context, <-chan os.Signal) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	further := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		fmt.Fprintln(os.Stderr, "\nInterrupted: the demo comes to an end in good order ...")
		cancel(errInterrupted)
		for s := range signals {
			further <- s
		}
	}()
	return ctx, further
}

func run(ctx context.Context, interrupts <-chan os.Signal, binary string, clean, build bool) error {
	if runtime.GOOS != "linux" {
		return fmt.Errorf("the demo runs its servers on the local hosting service, which needs Linux; this is %s", runtime.GOOS)
	}
	root, err := repository()
	if err != nil {
		return err
	}
	s := &stage{root: root, place: filepath.Join(root, "examples", "quickstart")}
	if build {
		return s.build(ctx)
	}
	if binary, err = findCLI(binary); err != nil {
		return err
	}
	terminal := newTerminal(os.Stdout)
	s.cli = &cli{binary: binary, directory: s.place, interrupts: interrupts}
	if clean {
		return s.cleanUp(ctx, terminal)
	}
	clock := time.Now //nolint:forbidigo // The clock enters the demo here.
	return tell(ctx, s, terminal, clock)
}

// repository returns the root of the checkout that the demo is run in.
func repository() (string, error) {
	directory, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; directory != filepath.Dir(directory); directory = filepath.Dir(directory) {
		if _, err := os.Stat(filepath.Join(directory, "examples", "quickstart", "main.tf")); err == nil {
			return filepath.EvalSymlinks(directory)
		}
	}
	return "", errors.New("this is no checkout of the repository: there is no examples/quickstart here or above")
}

func findCLI(binary string) (string, error) {
	candidates := []string{"terraform", "tofu"}
	if binary != "" {
		candidates = []string{binary}
	}
	for _, candidate := range candidates {
		if path, err := exec.LookPath(candidate); err == nil {
			return filepath.Abs(path)
		}
	}
	return "", errors.New("the demo needs Terraform or OpenTofu on the PATH")
}
