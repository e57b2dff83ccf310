//go:build linux

package local

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// consoleLimit is the size at which the console log is rotated; one older file
// is kept.
const consoleLimit = 10 << 20

// console writes what a server prints into its log.
type console struct {
	path  string
	limit int64
	// file is nil where the log can't be written.
	file *os.File
	size int64
	// done is closed when everything has been copied.
	done chan struct{}
}

func newConsole(path string, limit int64) *console {
	c := &console{path: path, limit: limit, done: make(chan struct{})}
	c.open()
	return c
}

func (c *console) open() {
	file, err := os.OpenFile(c.path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		c.file = nil
		return
	}
	c.file, c.size = file, 0
}

// copy ends when nobody can write to the pipe any more.
func (c *console) copy(reader *os.File) {
	defer close(c.done)
	_, _ = io.Copy(c, reader)
	_ = reader.Close()
	c.close()
}

// Write never fails: where the disk is full the rest is lost, but the scripts
// that print go on.
func (c *console) Write(text []byte) (int, error) {
	if c.file == nil || (c.size > 0 && c.size+int64(len(text)) > c.limit) {
		c.rotate()
	}
	if c.file != nil {
		written, _ := c.file.Write(text)
		c.size += int64(written)
	}
	return len(text), nil
}

func (c *console) rotate() {
	if c.file != nil {
		c.close()
		_ = os.Rename(c.path, c.path+".1")
	}
	c.open()
}

func (c *console) close() {
	if c.file != nil {
		_ = c.file.Close()
	}
}
