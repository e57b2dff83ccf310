//go:build linux

package local

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// serverDirectory is the path of a server's directory. It holds:
//
//	server.json      what was launched; never changed
//	agent.sh payload what the server runs
//	delivery         the newest delivery
//	restart.json     the mark under which the server is to boot anew
//	decommission     there where the server was asked to leave
//	report           the newest report
//	console.log      what the scripts print, and console.log.1 before it
//	run/ home/       the agent's own files; the scripts' working directory
//	lock             held from before the supervisor starts until it ends
//	process.json     who runs the server; its supervisor writes it
//	descendants.json the processes below it, refreshed each second
//	ended.json       why the server has ended
//	supervisor.log   what the supervisor prints when it crashes
type serverDirectory string

func (s *Service) serverDirectory(id string) serverDirectory {
	return serverDirectory(filepath.Join(s.directory.servers(), id))
}

func (d serverDirectory) path(name string) string { return filepath.Join(string(d), name) }
func (d serverDirectory) id() string              { return filepath.Base(string(d)) }
func (d serverDirectory) run() string             { return d.path("run") }
func (d serverDirectory) home() string            { return d.path("home") }
func (d serverDirectory) wake() string            { return filepath.Join(d.run(), wakeName) }
func (d serverDirectory) delivery() string        { return d.path("delivery") }
func (d serverDirectory) reportPath() string      { return d.path("report") }

// wakeName is what the agent calls its FIFO.
const wakeName = "wake"

// exists reports false also where the directory is being looked at while it is
// removed: it is renamed first, so it is there whole or not at all.
func (d serverDirectory) exists() bool {
	_, err := os.Lstat(string(d))
	return err == nil
}

// launchRecord is what a server was launched as.
type launchRecord struct {
	Group       hosting.GroupRef `json:"group"`
	Slot        int              `json:"slot"`
	Attempt     int              `json:"attempt"`
	Fingerprint string           `json:"fingerprint"`
	Restart     string           `json:"restart,omitempty"`
}

func (d serverDirectory) recordPath() string { return d.path("server.json") }

func (d serverDirectory) record() (launchRecord, error) {
	record, err := readDocument[launchRecord](d.recordPath())
	if errors.Is(err, fs.ErrNotExist) && d.exists() {
		err = &damageError{d.recordPath(), "is missing"}
	}
	return record, advise(err, d.removal())
}

// removal is the next step where a server's own record is damaged. Supervisors
// notice that their directory is gone.
func (d serverDirectory) removal() string {
	return fmt.Sprintf("remove the directory %s: its server ends within seconds, and the next apply replaces it", d)
}

// fileID identifies a directory. A copy of it elsewhere has another one, so that
// nobody takes the original's processes for the copy's.
type fileID struct {
	Device uint64 `json:"device"`
	Inode  uint64 `json:"inode"`
}

func (d serverDirectory) fileID() (fileID, error) {
	info, err := os.Lstat(string(d))
	if err != nil {
		return fileID{}, err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return fileID{}, fmt.Errorf("reading the identity of %s: no inode", d)
	}
	return fileID{Device: stat.Dev, Inode: stat.Ino}, nil
}

// supervision says who runs a server, and where it can be reached.
type supervision struct {
	process

	BootID    string `json:"boot_id"`
	Directory fileID `json:"directory"`
	Address   string `json:"address"`
	// Restart is the mark of the server's newest boot.
	Restart string `json:"restart,omitempty"`
}

func (d serverDirectory) supervisionPath() string { return d.path("process.json") }

// supervision returns fs.ErrNotExist where the server was never started. A crash
// of the machine may damage the record. Where nobody holds the server's lock it
// has no supervisor, and the record is one that means nothing here and now.
func (d serverDirectory) supervision() (supervision, error) {
	recorded, err := readDocument[supervision](d.supervisionPath())
	if !isDamaged(err) {
		return recorded, err
	}
	held, free, lockErr := tryAcquire(d.path("lock"))
	if free {
		held.release()
		return supervision{}, nil
	}
	return supervision{}, errors.Join(advise(err, d.removal()), lockErr)
}

// current reports whether the process IDs in the record mean anything here and
// now: they are of this boot, and the directory is not a copy.
func (s supervision) current(d serverDirectory) (bool, error) {
	boot, err := bootID()
	if err != nil {
		return false, err
	}
	id, err := d.fileID()
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return s.BootID == boot && s.Directory == id, err
}

// ending says why a server has ended.
type ending struct {
	Reason string `json:"reason"`
	// Complete: none of its processes is left. Until then they are being ended.
	Complete bool `json:"complete"`
}

func (d serverDirectory) endingPath() string { return d.path("ended.json") }

// ending returns the zero ending where none is recorded. A damaged record, which
// a crash of the machine may leave, says at least that there is an end.
func (d serverDirectory) ending() (ending, error) {
	recorded, err := readDocument[ending](d.endingPath())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ending{}, nil
	case isDamaged(err):
		return ending{Reason: "it is not known why: " + err.Error()}, nil
	}
	return recorded, err
}

// deliveryLimit is more than any delivery has: [boot.MaxNames] values of
// [boot.MaxValueBytes], in base64.
const deliveryLimit = 16 << 20

// revision returns the revision of the newest delivery, 0 where there is none.
// A damaged one counts as none: the agent ignores it too, and the next delivery
// replaces it.
func (d serverDirectory) revision() (int, error) {
	encoded, err := readFile(d.delivery(), deliveryLimit)
	if errors.Is(err, fs.ErrNotExist) || isDamaged(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	delivery, err := boot.DecodeDelivery(encoded)
	if err != nil {
		return 0, nil //nolint:nilerr // See above.
	}
	return delivery.Revision, nil
}
