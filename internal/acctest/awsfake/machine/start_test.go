//go:build linux

package machine_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine/imds"
	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

// patience bounds every wait, also on a machine that is busy.
const patience = 2 * time.Minute

// world is the metadata of one instance.
type world struct {
	mu   sync.Mutex
	view imds.View
}

// View implements [imds.Metadata].
func (w *world) View() imds.View {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.view
}

func (w *world) set(change func(*imds.View)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(&w.view)
}

func newWorld() *world {
	// Distinct in all tests on this machine, as good as surely.
	var random [3]byte
	_, _ = rand.Read(random[:])
	address := fmt.Sprintf("127.%d.%d.%d", 192+random[0]%62, random[1], 1+random[2]%254)
	return &world{view: imds.View{
		InstanceID: fmt.Sprintf("i-0%x", random), ImageID: "ami-1", InstanceType: "t3.micro",
		Region: "eu-central-1", Zone: "eu-central-1a",
		PrivateIP: address, PrivateDNS: "ip-" + strings.ReplaceAll(address, ".", "-") + ".eu-central-1.compute.internal",
	}}
}

// start starts a machine that runs the script as its user data, and stops it when the
// test ends.
func start(t *testing.T, script string) *machine.Machine {
	t.Helper()
	return startSpec(t, machine.Spec{UserData: []byte("#!/bin/sh\n" + script)})
}

func startSpec(t *testing.T, spec machine.Spec) *machine.Machine {
	t.Helper()
	if spec.Directory == "" {
		spec.Directory = t.TempDir()
	}
	if spec.Metadata == nil {
		spec.Metadata = newWorld()
	}
	m, err := machine.Start(spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Stop(); err != nil {
			t.Errorf("stopping: %v", err)
		}
		if t.Failed() {
			t.Logf("the console:\n%s", m.Console())
		}
	})
	return m
}

// await waits until done.
func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := wait.Until(ctx, 2*time.Millisecond, func(context.Context) (bool, error) { return done(), nil }); err != nil {
		t.Fatalf("waiting until %s: %v", what, err)
	}
}

// awaitFile waits until the instance has the file with a whole line in it, and returns
// its content.
func awaitFile(t *testing.T, m *machine.Machine, path string) string {
	t.Helper()
	var content string
	await(t, path+" is there", func() bool {
		content = readFile(t, m, path)
		return strings.HasSuffix(content, "\n")
	})
	return content
}

// readFile returns a file of the instance's disk, empty where there is none.
func readFile(t *testing.T, m *machine.Machine, path string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(m.Root(), path))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return string(content)
}

func awaitDone(t *testing.T, m *machine.Machine) {
	t.Helper()
	select {
	case <-m.Done():
	case <-time.After(patience):
		t.Fatalf("the machine runs on; its console:\n%s", m.Console())
	}
}

// running tells whether a process of this machine has the text in its command line.
func running(text string) bool {
	commands, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, command := range commands {
		content, _ := os.ReadFile(command)
		if strings.Contains(string(content), text) {
			return true
		}
	}
	return false
}

// nap is the argument of a sleep that no other process has.
func nap() string { return fmt.Sprintf("100000.%d", time.Now().UnixNano()) }

// program returns the path of a program that the test needs, or skips the test.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("MUSTER_REQUIRE_ALL") == "1" {
			t.Fatalf("the test needs the program %s", name)
		}
		t.Skipf("the test needs the program %s", name)
	}
	return path
}
