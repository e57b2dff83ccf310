//go:build linux

package local

import (
	"os"
	"os/exec"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

func TestParseStat_survives_a_hostile_command_name(t *testing.T) {
	t.Parallel()
	const line = "77 (a) R 1 (b ) S 12 77 77 0 -1 0 0 0 0 0 1 2 3 4 20 0 1 0 4711 0 0\n"
	got, err := parseStat(77, []byte(line))
	want := processStat{process: process{PID: 77, Start: 4711}, parent: 12, state: 'S'}
	if err != nil || got != want {
		t.Errorf("got %+v and error %v, want %+v", got, err, want)
	}
	if _, err := parseStat(77, []byte("77 (short) S 12")); err == nil {
		t.Error("got no error for a short line")
	}
}

func TestProcess_signal_needs_the_start_time(t *testing.T) {
	t.Parallel()
	command := exec.CommandContext(t.Context(), "/bin/sleep", "1000")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	stat, err := readStat(command.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	reused := process{PID: stat.PID, Start: stat.Start - 1}
	for _, send := range []func(unix.Signal) error{reused.signal, reused.signalByID} {
		if err := send(unix.SIGKILL); err != nil || reused.running() {
			t.Errorf("got error %v and running %t, want neither", err, reused.running())
		}
	}
	if !stat.running() {
		t.Error("another process' signal ended it")
	}
	if err := stat.signal(unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait()
	if err := stat.signal(unix.SIGKILL); err != nil {
		t.Errorf("signalling what has ended: %v", err)
	}
}

func TestDescendants_finds_grandchildren(t *testing.T) {
	t.Parallel()
	command := exec.CommandContext(t.Context(), "/bin/sh", "-c", "sleep 1000 & echo; wait")
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := output.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	found := descendants(os.Getpid())
	index := slices.IndexFunc(found, func(p process) bool { return p.PID == command.Process.Pid })
	grandchildren := descendants(command.Process.Pid)
	if index < 0 || len(grandchildren) != 1 || !slices.Contains(found, grandchildren[0]) {
		t.Errorf("got %v and below the child %v", found, grandchildren)
	}
	for _, p := range append(grandchildren, found[max(index, 0)]) {
		_ = p.signal(unix.SIGKILL)
	}
	_ = command.Wait()
}
