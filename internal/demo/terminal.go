package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// terminal writes the story. It uses colours only where a person reads it.
type terminal struct {
	out      io.Writer
	coloured bool
	glyphs   glyphs
}

// style is a Select Graphic Rendition code (ECMA-48).
type style string

const (
	bold   style = "1"
	dim    style = "2"
	green  style = "32"
	yellow style = "33"
	blue   style = "34"
)

func newTerminal(out *os.File) *terminal {
	t := &terminal{out: out, glyphs: asciiGlyphs()}
	info, err := out.Stat()
	t.coloured = err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	if locale := locale(); strings.Contains(locale, "UTF-8") || strings.Contains(locale, "UTF8") || locale == "" {
		t.glyphs = unicodeGlyphs()
	}
	return t
}

// locale returns the locale of characters, by the precedence of POSIX.
func locale() string {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := os.Getenv(name); value != "" {
			return strings.ToUpper(value)
		}
	}
	return ""
}

func (t *terminal) style(s style, text string) string {
	if !t.coloured || strings.TrimSpace(text) == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

func (t *terminal) linef(format string, arguments ...any) {
	fmt.Fprintf(t.out, "  "+format+"\n", arguments...)
}

func (t *terminal) space() { fmt.Fprintln(t.out) }

// chapter begins a part of the story.
func (t *terminal) chapter(number int, title string) {
	t.space()
	t.linef("%s", t.style(bold, fmt.Sprintf("%d  %s", number, title)))
	t.space()
}

// command shows what is run, as a user would type it.
func (t *terminal) command(text string) { t.linef("%s", t.style(bold, "$ "+text)) }

// proven states something that has just been checked.
func (t *terminal) proven(format string, arguments ...any) {
	mark := "ok"
	if t.glyphs.ready == unicodeGlyphs().ready {
		mark = "✓"
	}
	t.linef("%s %s", t.style(green, mark), fmt.Sprintf(format, arguments...))
}

func (t *terminal) paint(a activity, text string) string {
	switch a {
	case working:
		return t.style(blue, text)
	case waiting:
		return t.style(yellow, text)
	case absent, idle:
	}
	return t.style(dim, text)
}

// timeline draws the lanes from the first to the last of their events.
func (t *terminal) timeline(lanes []lane) {
	const width = 60
	c := chart{width: width, glyphs: t.glyphs, paint: t.paint}
	for _, l := range lanes {
		for _, event := range l.events {
			if c.from == 0 || event.Uptime < c.from {
				c.from = event.Uptime
			}
			c.to = max(c.to, event.Uptime)
		}
	}
	c.to += 1 + (c.to-c.from)/width*2
	t.space()
	t.linef("%-11s%s", "", t.style(dim, c.axis()))
	for _, l := range lanes {
		t.linef("%-11s%s", l.name, c.draw(l))
	}
	g := t.glyphs
	t.linef("%-11s%s", "", t.style(dim, fmt.Sprintf("%s works  %s waits for a value  %s publishes one  %s ready",
		g.activities[working], g.activities[waiting], g.published, g.ready)))
	t.space()
}
