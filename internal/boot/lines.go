package boot

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A payload, a delivery and a report are documents of the same form: a header
// line, one line per fact with its fields separated by single spaces, and the
// line "end", without which a document was cut short. A text is one field in
// standard base64, or "-" where it is empty, so that the shell reads every
// document with its built-in read.

// maxDocumentBytes bounds what a decoder looks at. [MaxNames] values of
// [MaxValueBytes] fit twice, in base64.
const maxDocumentBytes = 32 << 20

const endLine = "end"

// encoder writes a document.
type encoder struct{ buffer bytes.Buffer }

func (e *encoder) line(fields ...string) {
	e.buffer.WriteString(strings.Join(fields, " "))
	e.buffer.WriteByte('\n')
}

func (e *encoder) end() []byte {
	e.line(endLine)
	return e.buffer.Bytes()
}

func encodeText(text string) string {
	if text == "" {
		return "-"
	}
	return base64.StdEncoding.EncodeToString([]byte(text))
}

// errLine says what is wrong with a line. It never holds a part of the line.
var errLine = errors.New("malformed line")

func decodeText(field string, limit int) (string, error) {
	if field == "-" {
		return "", nil
	}
	if field == "" || base64.StdEncoding.DecodedLen(len(field)) > limit+2 || strings.ContainsRune(field, '\r') {
		return "", errLine
	}
	text, err := base64.StdEncoding.Strict().DecodeString(field)
	if err != nil || len(text) > limit {
		// The error of the decoder says where, which is of no use here.
		return "", errLine
	}
	return string(text), nil
}

// decodeValue decodes the text of a parameter or an output.
func decodeValue(field string) (string, error) {
	text, err := decodeText(field, MaxValueBytes)
	if err != nil {
		return "", err
	}
	return text, CheckText(text)
}

// decodeName checks a name without quoting it: in a damaged document it may be
// part of a value.
func decodeName(field string) (string, error) {
	if CheckVariableName(field) != nil {
		return "", fmt.Errorf("%w: invalid name", errLine)
	}
	return field, nil
}

// decodeNumber decodes a number from 0 to 10^15-1; the shell compares no more.
func decodeNumber(field string) (int, error) {
	number, err := strconv.Atoi(field)
	if err != nil || number < 0 || len(field) > 15 || field[0] == '+' || field[0] == '-' {
		return 0, fmt.Errorf("%w: invalid number", errLine)
	}
	return number, nil
}

// decodeWord returns whichever of the words the field is.
func decodeWord(field string, words ...string) (string, error) {
	if !slices.Contains(words, field) {
		return "", fmt.Errorf("%w: unknown word", errLine)
	}
	return field, nil
}

const (
	wordPlain     = "plain"
	wordSensitive = "sensitive"
)

func encodeSecrecy(sensitive bool) string {
	if sensitive {
		return wordSensitive
	}
	return wordPlain
}

func decodeSecrecy(field string) (bool, error) {
	word, err := decodeWord(field, wordPlain, wordSensitive)
	return word == wordSensitive, err
}

// addNew adds a value under a name that must be new.
func addNew[V any](values map[string]V, name string, value V) error {
	if _, found := values[name]; found {
		return fmt.Errorf("%w: repeated name", errLine)
	}
	values[name] = value
	return nil
}

// decodeLines calls decode with the fields of every line between the header,
// whose first words must be those given, and the end line. The first call is for
// the header: fields[0] is the header as given, which no other line yields,
// because it holds spaces; the words after it follow.
func decodeLines(encoded []byte, header string, decode func(fields []string) error) error {
	if len(encoded) > maxDocumentBytes {
		return fmt.Errorf("it has %d bytes, more than %d", len(encoded), maxDocumentBytes)
	}
	body, complete := strings.CutSuffix(string(encoded), "\n"+endLine+"\n")
	if !complete {
		return errors.New("it is incomplete: the line \"end\" is missing")
	}
	number := 0
	for line := range strings.SplitSeq(body, "\n") {
		number++
		fields := strings.Split(line, " ")
		if number == 1 {
			rest, found := strings.CutPrefix(line, header)
			if !found || rest != "" && rest[0] != ' ' {
				return fmt.Errorf("line 1: it is not %q", header)
			}
			fields = append([]string{header}, strings.Fields(rest)...)
		}
		if err := decode(fields); err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
	}
	return nil
}
