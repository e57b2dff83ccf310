package channel

import (
	"bytes"
	"cmp"
	"crypto/rsa"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

// Sighting is what a console shows of a server's agent.
type Sighting struct {
	// Token is the one that was pinned or, where none was, that of the first valid
	// marker; empty where there is none.
	Token string
	// ServerKey is the key that the server's deliveries are sealed to; nil where it has
	// not shown one.
	ServerKey *rsa.PublicKey
	// Report is the newest one; nil where there is none.
	Report *boot.Report
}

// ParseConsole reads the agent's markers from the output of a console. The agent made
// its token before any program of a user's ran, and repeats its newest report, so
// that it doesn't matter that only the last 64 KB of a console are kept and that the
// kernel writes in the midst of lines: what is damaged is skipped. Markers with
// another token than the pinned one are not the agent's; where none is pinned, the
// first valid marker's is taken. Sensitive outputs are opened with the key; without
// one they are left out.
func ParseConsole(output []byte, pinned string, key *rsa.PrivateKey) Sighting {
	sighting := Sighting{Token: pinned}
	messages := map[int][]string{}
	for marker := range markers(output) {
		sighting.Token = cmp.Or(sighting.Token, marker.token)
		if marker.token != sighting.Token {
			continue
		}
		chunks := messages[marker.number]
		if chunks == nil {
			chunks = make([]string, marker.parts)
			messages[marker.number] = chunks
		}
		if len(chunks) == marker.parts {
			chunks[marker.part-1] = marker.chunk
		}
	}
	for _, number := range slices.Backward(slices.Sorted(maps.Keys(messages))) {
		if !slices.Contains(messages[number], "") && sighting.take(strings.Join(messages[number], ""), key) {
			break
		}
	}
	return sighting
}

// take takes what is new in a message, from the newest to the oldest, and reports
// whether nothing is missing any more.
func (s *Sighting) take(text string, key *rsa.PrivateKey) bool {
	content, err := unpack(text)
	if err != nil {
		return false
	}
	m, err := parseMessage(content)
	if err != nil {
		return false
	}
	if s.ServerKey == nil {
		s.ServerKey = m.key
	}
	if s.Report == nil {
		if report, err := m.read(key); err == nil {
			s.Report = &report
		}
	}
	return s.Report != nil && s.ServerKey != nil
}

// marker is one line of the agent's on the console:
//
//	@@muster TOKEN NUMBER PART/PARTS CHUNK SUM@@
//
// The message with the highest number is the newest; its chunks in the order of their
// parts are base64 of gzip. The sum is of all between the first word and itself.
type marker struct {
	token               string
	number, part, parts int
	chunk               string
}

const (
	markerBegin = "@@muster "
	// maxMarker bounds a marker: no line of the agent's is longer than 1 KB.
	maxMarker = 1024
	// maxParts bounds the parts of a message: more don't fit into 64 KB.
	maxParts = 64
)

var markerForm = regexp.MustCompile(`^@@muster (([0-9A-Za-z_-]{16,64}) ([0-9]{1,15}) ([0-9]{1,2})/([0-9]{1,2}) ([A-Za-z0-9+/]+=*)) ([0-9a-f]{16})@@`)

// markers yields all valid markers, wherever they begin.
func markers(output []byte) func(yield func(marker) bool) {
	return func(yield func(marker) bool) {
		for {
			at := bytes.Index(output, []byte(markerBegin))
			if at < 0 {
				return
			}
			output = output[at:]
			if m, ok := parseMarker(output[:min(len(output), maxMarker)]); ok && !yield(m) {
				return
			}
			output = output[len(markerBegin):]
		}
	}
}

func parseMarker(text []byte) (marker, bool) {
	fields := markerForm.FindSubmatch(text)
	if fields == nil {
		return marker{}, false
	}
	if sum(string(fields[1])) != string(fields[7]) {
		return marker{}, false
	}
	var numbers [3]int
	for i := range numbers {
		numbers[i], _ = strconv.Atoi(string(fields[3+i])) // At most 15 digits.
	}
	m := marker{token: string(fields[2]), number: numbers[0], part: numbers[1], parts: numbers[2], chunk: string(fields[6])}
	return m, 1 <= m.part && m.part <= m.parts && m.parts <= maxParts
}
