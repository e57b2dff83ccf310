//go:build linux

package machine_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine"
)

// hold starts a machine, prints a line as soon as its user data runs, and doesn't stop
// it.
func hold(directory string) error {
	nap := os.Getenv("MUSTER_MACHINE_TEST_NAP")
	m, err := machine.Start(machine.Spec{
		Directory: directory, Metadata: newWorld(),
		UserData: []byte("#!/bin/sh\n(trap '' TERM HUP; setsid sleep " + nap + " &)\nsleep " + nap + "\n"),
	})
	if err != nil {
		return err
	}
	fmt.Println("started")
	_ = syscall.Close(leaked)
	<-m.Done()
	return m.Stop()
}

// leaked is a descriptor that a held machine's program has been given, and closes once
// the machine runs.
const leaked = 3

func TestStart_by_a_process_that_is_killed(t *testing.T) {
	t.Parallel()
	nap := nap()
	command := exec.CommandContext(t.Context(), "/proc/self/exe")
	command.Env = append(os.Environ(), heldVariable+"="+t.TempDir(), "MUSTER_MACHINE_TEST_NAP="+nap)
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	command.ExtraFiles = []*os.File{writer}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	_ = writer.Close()
	if line, err := bufio.NewReader(output).ReadString('\n'); err != nil || line != "started\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	await(t, "it sleeps", func() bool { return running(nap) })
	// The machine has nothing of what its program was given.
	if err := reader.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := reader.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("reading from a pipe that nobody should have open: %v", err)
	}
	if err := command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait()
	await(t, "nothing of it is left", func() bool { return !running(nap) })
}

// A program that doesn't call RunInit starts itself as process 1, which must not start
// another one in turn.
func TestStart_without_RunInit(t *testing.T) {
	t.Parallel()
	program := t.TempDir() + "/unprepared"
	if output, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./testdata/unprepared").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	output, err := exec.CommandContext(t.Context(), program).CombinedOutput()
	const want = "starting a machine: process 1 doesn't answer (the program's main function or TestMain must call machine.RunInit first): " +
		"process 1 ended: exit status 1: this is a machine's process 1: "
	if err == nil || !strings.HasPrefix(string(output), want) {
		t.Errorf("got %v, %s, want %q", err, output, want)
	}
}

// In a user namespace that allows no other one within, there are no instances.
func TestStart_where_namespaces_are_forbidden(t *testing.T) {
	t.Parallel()
	executable, err := os.Readlink("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "unshare", "-Ur", "sh", "-c", `echo 0 >/proc/sys/user/max_user_namespaces && exec "$0"`, executable)
	command.Env = append(os.Environ(), heldVariable+"="+t.TempDir())
	output, err := command.CombinedOutput()
	for _, want := range []string{"starting a machine: making namespaces: ", "sysctl user.max_user_namespaces=", "kernel.apparmor_restrict_unprivileged_userns=0"} {
		if err == nil || !strings.Contains(string(output), want) {
			t.Errorf("got %v, %s, want %q", err, output, want)
		}
	}
}

// Where this is root, the instance is nobody, who must be able to run the program.
func TestStart_of_a_program_that_is_closed_to_others(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		return
	}
	closed := t.TempDir() + "/closed"
	own, err := os.Readlink("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	// Not written by this process: a file that is open for writing can't be run, and
	// another test may just be starting a process that has it open too.
	if output, err := exec.CommandContext(t.Context(), "install", "-m", "700", own, closed).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	command := exec.CommandContext(t.Context(), closed)
	command.Env = append(os.Environ(), heldVariable+"="+t.TempDir())
	output, err := command.CombinedOutput()
	if want := "who can't run " + closed + " (-rwx------): build it under umask 022"; err == nil || !strings.Contains(string(output), want) {
		t.Errorf("got %v, %s, want %q", err, output, want)
	}
}
