package acctest

import (
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// unprivileged is the user under which commands run that mustn't run as root.
const unprivileged = "nobody"

// NewUnprivilegedWorkspace returns a workspace whose commands don't run as root, for
// servers that refuse to: where the test does, they run as the user nobody. What the test
// puts into the workspace has to be readable for everybody.
func NewUnprivilegedWorkspace(t testing.TB) *Workspace {
	t.Helper()
	w := NewWorkspace(t)
	if os.Geteuid() != 0 {
		return w
	}
	uid, gid := unprivilegedIDs(t)
	w.attributes = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	w.Setenv("HOME", w.path)
	// The directories above those that tests and Terraform use are root's alone.
	modes := map[string]os.FileMode{filepath.Dir(w.path): 0o711, os.Getenv(sharedVariable): 0o711, w.cliConfig: 0o644}
	for path, mode := range modes {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(w.path, uid, gid); err != nil {
		t.Fatal(err)
	}
	return w
}

func unprivilegedIDs(t testing.TB) (uid, gid int) {
	t.Helper()
	found, err := user.Lookup(unprivileged)
	if err != nil {
		t.Fatal(err)
	}
	if uid, err = strconv.Atoi(found.Uid); err != nil {
		t.Fatal(err)
	}
	if gid, err = strconv.Atoi(found.Gid); err != nil {
		t.Fatal(err)
	}
	return uid, gid
}
