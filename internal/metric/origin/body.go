package origin

import (
	"errors"
	"fmt"
	"io"
)

// tooLongError is met where an answer has more bytes than it may have.
type tooLongError struct{ max int64 }

// Error says how many it may have.
func (e *tooLongError) Error() string { return fmt.Sprintf("the answer has more than %d bytes", e.max) }

// boundedBody fails where an answer becomes too long. An [io.LimitReader] would make it
// look complete.
type boundedBody struct {
	io.ReadCloser

	left, max int64
}

// Read implements [io.Reader].
func (b *boundedBody) Read(into []byte) (int, error) {
	if b.left < 0 {
		return 0, &tooLongError{max: b.max}
	}
	// One byte more than is left tells an answer that is too long from one that is not.
	if int64(len(into)) > b.left+1 {
		into = into[:b.left+1]
	}
	n, err := b.ReadCloser.Read(into)
	b.left -= int64(n)
	if b.left < 0 && (err == nil || errors.Is(err, io.EOF)) {
		return n, &tooLongError{max: b.max}
	}
	return n, err
}
