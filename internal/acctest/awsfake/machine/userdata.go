package machine

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// maxScript bounds what user data may unpack to.
const maxScript = 16 << 20

// errNoScript is said of user data that this package doesn't run, where cloud-init
// may or may not.
var errNoScript = errors.New(`it doesn't begin with "#!"`)

// userScript returns the script in user data, which may be packed with gzip; nil where
// there is no user data.
func userScript(userData []byte) ([]byte, error) {
	if len(userData) == 0 {
		return nil, nil
	}
	if bytes.HasPrefix(userData, []byte{0x1f, 0x8b}) {
		unpacked, err := unpack(userData)
		if err != nil {
			return nil, fmt.Errorf("unpacking user data: %w", err)
		}
		userData = unpacked
	}
	if !bytes.HasPrefix(userData, []byte("#!")) {
		return nil, fmt.Errorf("reading user data: %w", errNoScript)
	}
	return userData, nil
}

func unpack(packed []byte) ([]byte, error) {
	reader, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	unpacked, err := io.ReadAll(io.LimitReader(reader, maxScript+1))
	if err != nil {
		return nil, err
	}
	if len(unpacked) > maxScript {
		return nil, fmt.Errorf("it has more than %d bytes", maxScript)
	}
	return unpacked, nil
}
