package main

import (
	"context"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

func TestListeners_findsAListener(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.9.8.7:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	want := netip.MustParseAddrPort(listener.Addr().String())
	got, err := listeners()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(got, want) {
		t.Errorf("got %v, want %v among them", got, want)
	}
}

func TestParseListeners(t *testing.T) {
	t.Parallel()
	content := "  sl  local_address rem_address   st tx_queue rx_queue\n" +
		"   0: 00000000:0000 00000000:0000 01 00000000:00000000\n"
	got, err := parseListeners(content)
	if diff := cmp.Diff([]netip.AddrPort(nil), got); diff != "" || err != nil {
		t.Errorf("a connection was taken for a listener: %v, %v", got, err)
	}
	if _, err := parseListeners("   0: 0000:0000 00000000:0000 0A 00000000:00000000\n"); err == nil {
		t.Error("a damaged line is no error")
	}
}

//nolint:paralleltest // It reaps every child of this process that has ended.
func TestDescendants_findsWhatHides(t *testing.T) {
	if err := adopt(); err != nil {
		t.Fatal(err)
	}
	// It has another session, another parent and no environment.
	if err := exec.Command("sh", "-c", "(env -i setsid sleep 60 &)").Run(); err != nil {
		t.Fatal(err)
	}
	left, err := descendants()
	if err != nil || len(left) != 1 {
		t.Fatalf("got %v, %v, want one process", left, err)
	}
	process, err := os.FindProcess(left[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Kill(); err != nil {
		t.Fatal(err)
	}
	err = wait.Until(t.Context(), lookPace, func(context.Context) (bool, error) {
		left, err := descendants()
		return len(left) == 0, err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestRunningIn(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	command := exec.Command("sleep", "60")
	command.Env = append(os.Environ(), "MUSTER_RUN="+directory+"/default/servers/srv-1/run")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	if got := runningIn(directory); !slices.Equal(got, []int{command.Process.Pid}) {
		t.Errorf("got %v, want %d", got, command.Process.Pid)
	}
	if got := runningIn(directory + "/def"); got != nil {
		t.Errorf("got %v in a directory of a similar name", got)
	}
	kill(command.Process.Pid, directory+"-other")
	kill(command.Process.Pid, directory)
	if err := command.Wait(); err == nil {
		t.Error("the process ended by itself")
	}
	if got := runningIn(directory); got != nil {
		t.Errorf("got %v after the end", got)
	}
}
