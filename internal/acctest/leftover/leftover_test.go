//go:build linux

package leftover_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/leftover"
)

// listen is set for a run of the test program that listens until it is killed.
const listen = "MUSTER_LEFTOVER_LISTEN"

func TestMain(m *testing.M) {
	if address := os.Getenv(listen); address != "" {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(listener.Addr())
		select {}
	}
	if err := leftover.Adopt(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// The cases run one after the other: each looks at all that is below this process.
func TestAwait(t *testing.T) { //nolint:paralleltest // All cases look at the same process.
	tests := map[string]struct {
		start   func(t *testing.T) string
		command string
	}{
		"a process that was daemonized and has no environment": {
			start: func(t *testing.T) string {
				run(t, "sh", "-c", "setsid env -i sh -c 'sleep 1000 & ' >/dev/null 2>&1 </dev/null &")
				return ""
			},
			command: "sleep 1000",
		},
		"a listener": {
			start:   startListener,
			command: os.Args[0],
		},
	}
	for name, test := range tests { //nolint:paralleltest // See above.
		t.Run(name, func(t *testing.T) {
			address := test.start(t)
			left := awaitCommand(t, test.command)
			if got := strings.Join(left.Listeners, " "); got != address {
				t.Errorf("it listens on %q, want %q", got, address)
			}
			if err := syscall.Kill(left.PID, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			if rest := leftover.Await(t.Context()); len(rest) > 0 {
				t.Errorf("%v", rest)
			}
			if leftover.Running(left.PID) {
				t.Error("a process that was killed is said to run")
			}
		})
	}
}

// awaitCommand returns the one process below this one, when it is the command.
func awaitCommand(t *testing.T, command string) leftover.Process {
	t.Helper()
	for t.Context().Err() == nil {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		left := leftover.Await(ctx)
		cancel()
		if len(left) == 1 && strings.HasPrefix(left[0].Command, command) {
			return left[0]
		}
	}
	t.Fatalf("%s is not found", command)
	return leftover.Process{}
}

func run(t *testing.T, name string, arguments ...string) {
	t.Helper()
	if output, err := exec.CommandContext(t.Context(), name, arguments...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
}

// startListener returns the address on which another process listens.
func startListener(t *testing.T) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), listen+"=127.0.0.1:0")
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Wait() })
	var address string
	if _, err := fmt.Fscanln(output, &address); err != nil {
		t.Fatal(err)
	}
	return address
}

func TestAwaitStrays(t *testing.T) { //nolint:paralleltest // The other test looks at all processes too.
	const mark = "MUSTER_LEFTOVER_MARK=here"
	command := exec.CommandContext(t.Context(), "sh", "-c", "sleep 1000 & echo $!; wait")
	command.Env = append(os.Environ(), mark)
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Wait() })
	var child int
	if _, err := fmt.Fscanln(output, &child); err != nil {
		t.Fatal(err)
	}
	if left := leftover.AwaitStrays(t.Context(), mark, []int{command.Process.Pid}); len(left) > 0 {
		t.Errorf("below a root: %v", left)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if left := leftover.AwaitStrays(ctx, mark, []int{child}); len(left) != 1 || left[0].PID != command.Process.Pid {
		t.Errorf("strays are %v, want process %d", left, command.Process.Pid)
	}
	for _, pid := range []int{child, command.Process.Pid} {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	if left := leftover.AwaitStrays(t.Context(), mark, nil); len(left) > 0 {
		t.Errorf("after they were killed: %v", left)
	}
}
