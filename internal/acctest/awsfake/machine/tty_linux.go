package machine

import (
	"fmt"
	"io"
	"os"
	"syscall"
)

// tty carries what an instance writes to its console during one boot.
type tty struct {
	// writer keeps the FIFO open while nobody in the instance has.
	writer  *os.File
	drained chan struct{}
}

// openTTY copies from the FIFO to the console until close.
func openTTY(path string, to *console) (*tty, error) {
	// Opened for reading and writing, a FIFO blocks nobody, see fifo(7).
	writer, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("opening the console: %w", err)
	}
	reader, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		_ = writer.Close()
		return nil, fmt.Errorf("opening the console: %w", err)
	}
	t := &tty{writer: writer, drained: make(chan struct{})}
	go func() {
		defer close(t.drained)
		defer reader.Close()
		// No other error than the end is possible: the console takes everything.
		_, _ = io.Copy(to, reader)
	}()
	return t, nil
}

// close returns when everything that was written has been copied. Caller guarantees
// that nothing of the instance runs any more. Closing again does nothing.
func (t *tty) close() {
	_ = t.writer.Close()
	<-t.drained
}
