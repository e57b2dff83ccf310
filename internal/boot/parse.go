package boot

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

const (
	reportHeader = "muster report 1"

	// maxLineText is the longest text of a line that is not encoded: the name of
	// an event, a failure, the identity of a boot.
	maxLineText = 1 << 10

	// maxReportedTail is the longest log tail that is read. It is above
	// [MaxTailBytes], so that an agent may be more generous than the provider.
	maxReportedTail = 64 << 10
)

// ParseReport reads what the agent has written. An unknown line is skipped, so
// that an older provider reads a newer agent; a malformed one is an error that
// names the line and never quotes a value.
//
//	muster report 1
//	boot ID
//	status booting|waiting|ready|failed
//	waiting NAME
//	failure WORDS
//	log TEXT
//	received REVISION
//	applied REVISION
//	decommission idle|running|done|failed
//	output NAME TEXT
//	event UPTIME WORDS
//	end
//
// Maps and slices are nil where they would be empty.
func ParseReport(encoded []byte) (Report, error) {
	p := reportParser{seen: map[string]bool{}}
	if err := decodeLines(encoded, reportHeader, p.parseLine); err != nil {
		return Report{}, fmt.Errorf("parsing the report: %w", err)
	}
	if err := p.checkComplete(); err != nil {
		return Report{}, fmt.Errorf("parsing the report: %w", err)
	}
	return p.report, nil
}

// Encode returns the report in the format that [ParseReport] reads, for whoever keeps
// it. Equal reports are encoded equally. The caller guarantees a report as ParseReport
// returns one.
func (r Report) Encode() []byte {
	var e encoder
	e.line(reportHeader)
	e.line("boot", r.Boot)
	e.line("status", r.Status.String())
	for _, name := range r.Waiting {
		e.line("waiting", name)
	}
	if r.Failure != "" {
		e.line("failure", r.Failure)
	}
	if r.LogTail != "" {
		e.line("log", encodeText(r.LogTail))
	}
	e.line("received", strconv.Itoa(r.Received))
	e.line("applied", strconv.Itoa(r.Applied))
	if r.Decommission != DecommissionNone {
		e.line("decommission", r.Decommission.String())
	}
	for _, name := range slices.Sorted(maps.Keys(r.Outputs)) {
		e.line("output", name, encodeText(r.Outputs[name]))
	}
	for _, event := range r.Events {
		e.line("event", strconv.FormatInt(event.Uptime, 10), event.What)
	}
	return e.end()
}

type reportParser struct {
	report Report
	// seen holds the kinds of lines that come once and have come.
	seen map[string]bool
}

func (p *reportParser) checkComplete() error {
	for _, kind := range []string{"boot", "status", "received", "applied"} {
		if !p.seen[kind] {
			return fmt.Errorf("it has no line %q", kind)
		}
	}
	if p.report.Applied > p.report.Received {
		return errors.New("it has applied a revision that it has not received")
	}
	return nil
}

func (p *reportParser) parseLine(fields []string) (err error) {
	kind, fields := fields[0], fields[1:]
	switch kind {
	case "boot", "status", "failure", "log", "received", "applied", "decommission":
		if p.seen[kind] {
			return fmt.Errorf("%w: repeated line", errLine)
		}
		p.seen[kind] = true
	case reportHeader:
		if len(fields) != 0 {
			return errLine
		}
	}
	r := &p.report
	switch kind {
	case "boot":
		r.Boot, err = parseWords(fields)
	case "failure":
		r.Failure, err = parseWords(fields)
	case "event":
		err = p.parseEvent(fields)
	case "output":
		err = p.parseOutput(fields)
	case "status", "waiting", "log", "received", "applied", "decommission":
		if len(fields) != 1 {
			return errLine
		}
		err = p.parseField(kind, fields[0])
	}
	return err
}

func (p *reportParser) parseField(kind, field string) (err error) {
	r := &p.report
	switch kind {
	case "status":
		r.Status, err = parseStatus(field)
	case "waiting":
		err = p.parseWaiting(field)
	case "log":
		r.LogTail, err = decodeText(field, maxReportedTail)
	case "received":
		r.Received, err = decodeNumber(field)
	case "applied":
		r.Applied, err = decodeNumber(field)
	case "decommission":
		r.Decommission, err = parseDecommission(field)
	}
	return err
}

// parseWords returns the rest of a line as it was, if it is printable.
func parseWords(fields []string) (string, error) {
	words := strings.Join(fields, " ")
	unprintable := func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }
	if words == "" || len(words) > maxLineText || strings.ContainsFunc(words, unprintable) {
		return "", errLine
	}
	return words, nil
}

func parseStatus(field string) (Status, error) {
	for status := StatusBooting; status <= StatusFailed; status++ {
		if field == status.String() {
			return status, nil
		}
	}
	return StatusUnknown, fmt.Errorf("%w: unknown status", errLine)
}

func parseDecommission(field string) (Decommission, error) {
	for step := DecommissionIdle; step <= DecommissionFailed; step++ {
		if field == step.String() {
			return step, nil
		}
	}
	return DecommissionNone, fmt.Errorf("%w: unknown step", errLine)
}

func (p *reportParser) parseWaiting(field string) error {
	name, err := decodeName(field)
	if err != nil {
		return err
	}
	if slices.Contains(p.report.Waiting, name) || len(p.report.Waiting) == MaxNames {
		return errLine
	}
	p.report.Waiting = append(p.report.Waiting, name)
	slices.Sort(p.report.Waiting)
	return nil
}

func (p *reportParser) parseOutput(fields []string) error {
	if len(fields) != 2 || len(p.report.Outputs) == MaxNames {
		return errLine
	}
	name, err := decodeName(fields[0])
	if err != nil {
		return err
	}
	text, err := decodeValue(fields[1])
	if err != nil {
		return err
	}
	if p.report.Outputs == nil {
		p.report.Outputs = map[string]string{}
	}
	return addNew(p.report.Outputs, name, text)
}

func (p *reportParser) parseEvent(fields []string) error {
	if len(fields) < 2 || len(p.report.Events) == MaxEvents {
		return errLine
	}
	uptime, err := decodeNumber(fields[0])
	if err != nil {
		return err
	}
	what, err := parseWords(fields[1:])
	if err != nil {
		return err
	}
	p.report.Events = append(p.report.Events, Event{Uptime: int64(uptime), What: what})
	return nil
}
