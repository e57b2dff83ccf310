package fault

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// recordSize is the length of an entry of the file of calls: a method's name, blanks
// and a newline. All are equally long, so that the place of an entry is its number.
const recordSize = 24

// record appends a call to the file and returns its number, the first being 1.
// Appends are atomic: no two processes get the same number.
func record(path, method string) (number int, err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if _, err := fmt.Fprintf(file, "%-*s\n", recordSize-1, method); err != nil {
		return 0, err
	}
	// After an append, the offset is the end of what was appended.
	end, err := file.Seek(0, io.SeekCurrent)
	return int(end / recordSize), err
}

// Calls returns the methods in the file of calls, in the order in which the calls
// have taken effect; none where there is no file.
func Calls(path string) []string {
	content, _ := os.ReadFile(path)
	return strings.Fields(string(content))
}
