//go:build linux

package local

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

// documentLimit bounds a JSON file: [boot.MaxNames] values of
// [boot.MaxValueBytes] of which every byte needs six (\u001b) fit.
const documentLimit = 64 << 20

// readDocument reads a JSON file. Its errors name the file and never quote what
// is in it; a missing file is fs.ErrNotExist, and one that is no such document a
// damageError.
func readDocument[T any](path string) (T, error) {
	var none T
	encoded, err := readFile(path, documentLimit)
	if err != nil {
		return none, err
	}
	return decodeDocument[T](path, encoded)
}

func decodeDocument[T any](path string, encoded []byte) (T, error) {
	var none T
	var header document[json.RawMessage]
	if what := decodeStrictly(encoded, &header); what != "" {
		return none, &damageError{path, what}
	}
	switch {
	case header.Version <= 0:
		return none, &damageError{path, "is damaged: it has no format version"}
	case header.Version != formatVersion:
		return none, fmt.Errorf("%s has format version %d, and this provider knows only %d; use the version of the provider that wrote it", path, header.Version, formatVersion)
	}
	var content T
	if what := decodeStrictly(header.Content, &content); what != "" {
		return none, &damageError{path, what}
	}
	return content, nil
}

// decodeStrictly refuses unknown fields and trailing bytes. It says what is wrong
// in words of its own: some errors of encoding/json quote the text that they
// stumble over.
func decodeStrictly(encoded []byte, into any) (what string) {
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil {
		if _, err = decoder.Token(); errors.Is(err, io.EOF) {
			return ""
		}
		err = &json.SyntaxError{Offset: decoder.InputOffset()}
	}
	var mismatch *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &mismatch) && mismatch.Field == "":
		return "is damaged: it is not an object"
	case errors.As(err, &mismatch):
		return fmt.Sprintf("is damaged: wrong type in field %q", mismatch.Field)
	case errors.As(err, &syntax):
		return fmt.Sprintf("is damaged at byte %d", syntax.Offset)
	}
	return "is damaged: it is cut short, or has a field that is unknown or malformed"
}
