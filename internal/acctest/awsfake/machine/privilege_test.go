//go:build linux

package machine_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// TestStart_without_privileges runs tests of this package again as a user who owns
// nothing. Where this isn't root, they all run so anyway.
func TestStart_without_privileges(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		return
	}
	const nobody = 65534
	directory, err := os.MkdirTemp("", "muster-machine") //nolint:usetesting // What lies above t.TempDir is closed to others.
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(directory) })
	if err := os.Chown(directory, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.v",
		"-test.run=^(TestImage|TestNetwork|TestReboot|TestStart_by_a_process_that_is_killed|TestStart_with_a_hostile_script|TestStop|TestUserData)$")
	command.Dir = directory
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + directory, "HOME=" + filepath.Join(directory, "home"), "MUSTER_REQUIRE_ALL=" + os.Getenv("MUSTER_REQUIRE_ALL")}
	command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	if output, err := command.CombinedOutput(); err != nil {
		t.Errorf("%v:\n%s", err, output)
	}
}
