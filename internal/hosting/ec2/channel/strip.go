package channel

import (
	"regexp"
	"strings"
)

// strip removes from shell text what no shell needs: comments that are a whole line,
// indentation and empty lines. Here-documents and quoted text over several lines stay
// as they are. It knows enough of the shell's grammar for the text of this project (a
// test compares what bash makes of both), not for every text: a line must not end
// within a command substitution that is itself within double quotes, nor in a
// backslash before such a comment.
func strip(shell string) string {
	var s stripper
	for line := range strings.Lines(shell) {
		s.line(strings.TrimSuffix(line, "\n"))
	}
	return s.out.String()
}

type stripper struct {
	out strings.Builder
	// quote is the kind of quote within which a line begins; 0: none.
	quote byte
	// pending are the here-documents that the lines so far have announced.
	pending []hereDocument
}

type hereDocument struct {
	end  string
	tabs bool
}

func (s *stripper) line(line string) {
	if len(s.pending) > 0 {
		s.hereDocumentLine(line)
		return
	}
	if s.quote == 0 {
		line = strings.TrimLeft(line, " \t")
		first := s.out.Len() == 0 && strings.HasPrefix(line, "#!")
		if line == "" || line[0] == '#' && !first {
			return
		}
	}
	s.out.WriteString(line + "\n")
	s.scan(line)
}

func (s *stripper) hereDocumentLine(line string) {
	document := s.pending[0]
	if document.tabs {
		line = strings.TrimLeft(line, "\t")
	}
	s.out.WriteString(line + "\n")
	if line == document.end {
		s.pending = s.pending[1:]
	}
}

var hereOperator = regexp.MustCompile(`^<<(-?)[ \t]*['"\\]?([A-Za-z0-9_]+)['"]?`)

// scan follows the quotes in a line, and finds its here-documents.
func (s *stripper) scan(line string) {
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case s.quote == '\'':
			if c == '\'' {
				s.quote = 0
			}
		case c == '\\':
			i++
		case s.quote == '"':
			if c == '"' {
				s.quote = 0
			}
		case c == '\'' || c == '"':
			s.quote = c
		case c == '#' && (i == 0 || strings.IndexByte(" \t;&|()", line[i-1]) >= 0):
			return
		case c == '<':
			if fields := hereOperator.FindStringSubmatch(line[i:]); fields != nil {
				s.pending = append(s.pending, hereDocument{end: fields[2], tabs: fields[1] != ""})
				i += len(fields[0]) - 1
			}
		}
	}
}
