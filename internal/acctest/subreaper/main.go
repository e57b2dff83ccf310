// Command subreaper runs a command and reports what it has left running:
//
//	subreaper COMMAND [ARGUMENT...]
//
// When the command has ended it waits some seconds for its descendants, however
// detached, to end too. Each that doesn't is printed with its loopback listeners,
// and the exit code is 1; otherwise it is the command's.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/leftover"
)

// patience is longer than a supervisor takes to notice that its directory is gone
// and to end its server.
const patience = 10 * time.Second

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: subreaper COMMAND [ARGUMENT...]")
		os.Exit(2)
	}
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "subreaper:", err)
	}
	os.Exit(code)
}

func run(command []string) (code int, err error) {
	if err := leftover.Adopt(); err != nil {
		return 1, err
	}
	// The command gets the terminal's signals itself, and what it leaves is to be
	// seen. They are caught and not ignored, because a child would inherit that.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt, syscall.SIGTERM)
	child := exec.CommandContext(context.Background(), command[0], command[1:]...)
	child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
	var exit *exec.ExitError
	if err := child.Run(); errors.As(err, &exit) {
		code = max(exit.ExitCode(), 1)
	} else if err != nil {
		return 1, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, process := range leftover.Await(ctx) {
		fmt.Fprintln(os.Stderr, "subreaper:", process)
		code = 1
	}
	return code, nil
}
