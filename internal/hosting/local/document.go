//go:build linux

package local

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// formatVersion is the version of every JSON file in the state directory. A
// file of another version is refused: dropping what it says would lose it.
const formatVersion = 1

// document wraps the content of a JSON file.
type document[T any] struct {
	Version int `json:"version"`
	Content T   `json:"content"`
}

func encodeDocument[T any](content T) ([]byte, error) {
	encoded, err := json.MarshalIndent(document[T]{Version: formatVersion, Content: content}, "", "  ")
	if err != nil {
		return nil, err
	}
	return append(encoded, '\n'), nil
}

// readDocument reads a JSON file. Its errors name the file and never quote what
// is in it; a missing file is fs.ErrNotExist.
func readDocument[T any](path string) (T, error) {
	var none T
	encoded, err := os.ReadFile(path)
	if err != nil {
		return none, err
	}
	content, err := decodeDocument[T](encoded)
	if err != nil {
		return none, fmt.Errorf("decoding %s: %w", path, err)
	}
	return content, nil
}

func decodeDocument[T any](encoded []byte) (T, error) {
	var none T
	var header document[json.RawMessage]
	if err := decodeStrictly(encoded, &header); err != nil {
		return none, err
	}
	if header.Version != formatVersion {
		return none, fmt.Errorf("the file has format version %d, and this provider knows only %d; use the version of the provider that wrote it", header.Version, formatVersion)
	}
	var content T
	if err := decodeStrictly(header.Content, &content); err != nil {
		return none, err
	}
	return content, nil
}

// decodeStrictly refuses unknown fields and trailing bytes. It rewrites the
// errors of encoding/json, some of which quote the text that they stumble over.
func decodeStrictly(encoded []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil && decoder.More() {
		err = &json.SyntaxError{Offset: decoder.InputOffset()}
	}
	var mismatch *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &mismatch):
		return fmt.Errorf("the file is damaged: wrong type in field %q", mismatch.Field)
	case errors.As(err, &syntax):
		return fmt.Errorf("the file is damaged at byte %d", syntax.Offset)
	}
	return errors.New("the file is damaged: it is cut short or has an unknown field")
}
