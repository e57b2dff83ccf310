package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// cli runs Terraform or OpenTofu in the example's directory.
type cli struct {
	binary, directory string
	// interrupts are those after the first one, which ends the context.
	interrupts <-chan os.Signal
}

// name is what a user calls the program.
func (c *cli) name() string { return filepath.Base(c.binary) }

// run runs a command to its end and returns its output and exit code. An interrupt
// asks the command to stop; it is waited for, because it has to save what exists.
func (c *cli) run(ctx context.Context, arguments ...string) (output []byte, code int, err error) {
	if ctx.Err() != nil {
		return nil, 0, context.Cause(ctx)
	}
	var stdout, stderr bytes.Buffer
	command := exec.CommandContext(ctx, c.binary, arguments...)
	command.Dir = c.directory
	command.Env = environment(os.Environ())
	command.Stdout, command.Stderr = &stdout, &stderr
	// A Ctrl-C reaches the terminal's whole process group; a second one would make
	// Terraform give up. So it gets exactly those that are passed on here.
	command.SysProcAttr = ownGroup()
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	if err := command.Start(); err != nil {
		return nil, 0, fmt.Errorf("starting %s: %w", c.name(), err)
	}
	ended := make(chan struct{})
	go c.passOn(command.Process, ended)
	err = command.Wait()
	close(ended)
	if ctx.Err() != nil {
		return nil, 0, context.Cause(ctx)
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return append(stdout.Bytes(), stderr.Bytes()...), exit.ExitCode(), nil
	}
	return stdout.Bytes(), 0, err
}

func (c *cli) passOn(process *os.Process, ended <-chan struct{}) {
	for {
		select {
		case s := <-c.interrupts:
			_ = process.Signal(s)
		case <-ended:
			return
		}
	}
}

// must runs a command that has to succeed; the error holds what it said.
func (c *cli) must(ctx context.Context, arguments ...string) ([]byte, error) {
	output, code, err := c.run(ctx, arguments...)
	if err == nil && code != 0 {
		err = fmt.Errorf("`%s %s` ended with exit code %d:\n\n%s", c.name(), arguments[0], code, lastLines(string(output)))
	}
	return output, err
}

// lastLines returns the end of what a command said: errors come last, and above
// them may be a plan of hundreds of lines.
func lastLines(output string) string {
	const most = 40
	lines := strings.Split(strings.TrimSpace(output), "\n")
	return strings.Join(lines[max(0, len(lines)-most):], "\n")
}

// version returns the program's version, for example "1.11.4".
func (c *cli) version(ctx context.Context) (string, error) {
	output, err := c.must(ctx, "version", "-json")
	if err != nil {
		return "", err
	}
	var said struct {
		Version string `json:"terraform_version"`
	}
	err = json.Unmarshal(output, &said)
	return said.Version, err
}

// environment removes the user's Terraform settings: none of them may decide what
// the demo shows, and a CLI configuration could hide the provider just built.
func environment(inherited []string) []string {
	var kept []string
	for _, variable := range inherited {
		if !strings.HasPrefix(variable, "TF_") {
			kept = append(kept, variable)
		}
	}
	return append(kept, "TF_CLI_CONFIG_FILE="+os.DevNull, "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1")
}
