//go:build linux

package local

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// directory is the state directory as one namespace sees it.
type directory struct {
	root      string
	namespace string
}

// newDirectory resolves symbolic links above the state directory, so that equal
// places have equal paths. The state directory itself must not be one.
func newDirectory(root, namespace string) directory {
	root = filepath.Join(resolve(filepath.Dir(filepath.Clean(root))), filepath.Base(root))
	return directory{root: root, namespace: filepath.Join(root, namespace)}
}

// resolve follows the symbolic links in as much of the path as exists.
func resolve(path string) string {
	resolved, err := filepath.EvalSymlinks(path)
	if err == nil {
		return resolved
	}
	parent := filepath.Dir(path)
	if parent == path {
		return path
	}
	return filepath.Join(resolve(parent), filepath.Base(path))
}

func (d directory) configurations() string { return filepath.Join(d.namespace, "configurations") }
func (d directory) groups() string         { return filepath.Join(d.namespace, "groups") }
func (d directory) servers() string        { return filepath.Join(d.namespace, "servers") }

// check refuses a state directory in which somebody else could have placed what
// is executed from it. One that doesn't exist yet is fine.
func (d directory) check() error {
	for _, path := range []string{d.root, d.namespace, d.configurations(), d.groups(), d.servers()} {
		if err := checkOwn(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// ensure creates what is missing of the state directory and checks it.
func (d directory) ensure() error {
	if err := os.MkdirAll(filepath.Dir(d.root), 0o755); err != nil {
		return err
	}
	if err := ensureOwn(d.root); err != nil {
		return err
	}
	if err := d.ignore(); err != nil {
		return err
	}
	for _, path := range []string{d.namespace, d.configurations(), d.groups(), d.servers()} {
		if err := ensureOwn(path); err != nil {
			return err
		}
	}
	return nil
}

// ignore keeps the state directory out of version control: it holds secrets and
// usually lies beside the user's Terraform files.
func (d directory) ignore() error {
	err := writeFile(filepath.Join(d.root, ".gitignore"), []byte("*\n"), volatile)
	if errors.Is(err, fs.ErrExist) {
		return nil // The user's own, perhaps.
	}
	return err
}

func ensureOwn(path string) error {
	if err := makeDirectory(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return checkOwn(path)
}

// checkOwn reports why path is not a directory that only this user can change.
func checkOwn(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, syscall.ENOTDIR) {
		return fmt.Errorf("the state directory %s lies below a file; give another one", path)
	}
	if err != nil {
		return adviseWriter(err)
	}
	switch owner, ok := info.Sys().(*syscall.Stat_t); {
	case info.Mode()&fs.ModeSymlink != 0:
		return fmt.Errorf("the state directory %s is a symbolic link; give the directory that it leads to", path)
	case !info.IsDir():
		return fmt.Errorf("the state directory %s is not a directory; remove it, or give another one", path)
	case !ok || int(owner.Uid) != os.Geteuid():
		return fmt.Errorf("the state directory %s belongs to another user; give one of your own", path)
	case info.Mode().Perm()&0o002 != 0:
		return fmt.Errorf("the state directory %s can be written by everybody; make it private with chmod 700", path)
	case info.Mode().Perm()&0o020 != 0:
		return fmt.Errorf("the state directory %s can be written by its group; make it private with chmod 700", path)
	}
	return nil
}
