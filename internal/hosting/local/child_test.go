//go:build linux

package local_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/hosting/local"
)

// Variables that make this test program another process at work in a state
// directory.
const (
	childVariable          = "LOCAL_TEST_CHILD"
	childDirectoryVariable = "LOCAL_TEST_DIRECTORY"
)

// children are what such a process may do.
func children() map[string]func(ctx context.Context, service *local.Service, directory string) error {
	return map[string]func(context.Context, *local.Service, string) error{
		"update":  updateFromOutside,
		"restart": restartFromOutside,
		"storm":   stormFromOutside,
		"private": privateFromOutside,
		"fill":    fillFromOutside,
		"limit":   limitFromOutside,
	}
}

// runChild returns the exit code of a child.
func runChild(name, directory string) int {
	executable, err := os.Executable()
	if err == nil {
		var service *local.Service
		service, err = local.New(local.Options{
			Directory: directory, Namespace: "default", Executable: executable, Grace: grace,
		})
		if err == nil {
			err = children()[name](context.Background(), service, directory)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, name+":", err)
		return 1
	}
	return 0
}

// childCommand returns this test program as another process.
func childCommand(t *testing.T, name, directory string) *exec.Cmd {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), executable)
	command.Env = append(os.Environ(), childVariable+"="+name, childDirectoryVariable+"="+directory)
	command.Stderr = os.Stderr
	return command
}
