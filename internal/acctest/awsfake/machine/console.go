package machine

import (
	"bytes"
	"fmt"
	"sync"
)

// consoleSize is how much of an instance's console EC2 keeps.
const consoleSize = 64 << 10

// console keeps the end of what was written to it, as a serial console would have
// sent it. Its methods may be called concurrently.
type console struct {
	// noise is after how many bytes the kernel says something; 0: never.
	noise int

	mu       sync.Mutex
	kept     []byte
	untold   int
	messages int
}

func newConsole(noise int) *console { return &console{noise: noise} }

func (c *console) content() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return bytes.Clone(c.kept)
}

// Write implements [io.Writer]; it never fails.
func (c *console) Write(output []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for rest := output; len(rest) > 0; {
		part := rest
		if c.noise > 0 {
			part = rest[:min(len(rest), c.noise-c.untold)]
		}
		c.append(part)
		rest = rest[len(part):]
		if c.untold += len(part); c.noise > 0 && c.untold >= c.noise {
			c.say("audit: type=1400 audit(1700000000.000:42): apparmor=\"STATUS\"")
			c.untold = 0
		}
	}
	return len(output), nil
}

// print adds a message of the kernel.
func (c *console) print(message string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.say(message)
}

// say adds a message of the kernel with a time that grows. Caller holds the lock.
func (c *console) say(message string) {
	c.append(fmt.Appendf(nil, "[%5d.%06d] %s\n", c.messages, c.messages*1117%1000000, message))
	c.messages++
}

// append sends a carriage return before every newline, as the kernel does on a serial
// line (ONLCR in termios(3)). Caller holds the lock.
func (c *console) append(output []byte) {
	c.kept = append(c.kept, bytes.ReplaceAll(output, []byte("\n"), []byte("\r\n"))...)
	if surplus := len(c.kept) - consoleSize; surplus > 0 {
		c.kept = append(c.kept[:0], c.kept[surplus:]...)
	}
}
