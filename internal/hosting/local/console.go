//go:build linux

package local

import (
	"io"
	"os"
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

// open goes on behind what an earlier boot has printed.
func (c *console) open() {
	c.file, c.size = nil, 0
	file, err := openPrivate(c.path, os.O_WRONLY|os.O_APPEND)
	if isDamaged(err) && os.RemoveAll(c.path) == nil {
		file, err = openPrivate(c.path, os.O_WRONLY|os.O_APPEND)
	}
	if err != nil {
		return
	}
	info, err := file.Stat()
	if err != nil {
		_ = file.Close()
		return
	}
	c.file, c.size = file, info.Size()
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
		if os.Rename(c.path, c.path+".1") != nil {
			// Something else is there, which a script has made.
			_ = os.RemoveAll(c.path)
		}
	}
	c.open()
}

func (c *console) close() {
	if c.file != nil {
		_ = c.file.Close()
	}
}
