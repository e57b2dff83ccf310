package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

// activity is what a server does at a moment. The zero activity is absent.
type activity int

const (
	absent activity = iota
	idle
	working
	waiting
)

// span is a time of one activity. Times are the machine's uptime in hundredths of
// a second, as everywhere in this file.
type span struct {
	from, to int64
	activity activity
}

// pause is a time in which a server waited for a parameter.
type pause struct {
	parameter string
	from, to  int64
}

// lane is one server's line of a timeline.
type lane struct {
	name   string
	events []boot.Event
}

// newLane sorts the events: what a script has published is reported later than it
// happened.
func newLane(name string, events []boot.Event) lane {
	sorted := slices.Clone(events)
	slices.SortStableFunc(sorted, func(a, b boot.Event) int { return cmp.Compare(a.Uptime, b.Uptime) })
	return lane{name: name, events: sorted}
}

// at returns when the event happened for the first time.
func (l lane) at(what string) (uptime int64, found bool) {
	for _, event := range l.events {
		if event.What == what {
			return event.Uptime, true
		}
	}
	return 0, false
}

// since returns the lane without what happened before.
func (l lane) since(uptime int64) lane {
	var later []boot.Event
	for _, event := range l.events {
		if event.Uptime >= uptime {
			later = append(later, event)
		}
	}
	return lane{name: l.name, events: later}
}

// pauses returns when the server waited for what. A parameter that never arrived
// has no pause.
func (l lane) pauses() []pause {
	var pauses []pause
	began := make(map[string]int64)
	for _, event := range l.events {
		verb, name, _ := strings.Cut(event.What, " ")
		switch from, waits := began[name]; {
		case verb == "waiting" && !waits:
			began[name] = event.Uptime
		case verb == "received" && waits:
			pauses = append(pauses, pause{parameter: name, from: from, to: event.Uptime})
			delete(began, name)
		}
	}
	return pauses
}

// spans returns what the server did, without gaps, up to the end. A server whose
// first event is not "booting" was up before.
func (l lane) spans(end int64) []span {
	var spans []span
	now := span{activity: idle}
	missing := make(map[string]bool)
	up := len(l.events) > 0 && l.events[0].What != "booting"
	for i, event := range l.events {
		if i == 0 && !up {
			now = span{from: event.Uptime, activity: working}
		}
		next := now.activity
		verb, name, _ := strings.Cut(event.What, " ")
		switch verb {
		case "waiting":
			missing[name] = true
		case "received":
			delete(missing, name)
		case "ready":
			up = true
		case "failed":
			up, next = true, absent
		}
		if verb != "failed" {
			next = current(len(missing) > 0, up, l.busy(i))
		}
		if next != now.activity {
			spans = append(spans, span{now.from, event.Uptime, now.activity})
			now = span{from: event.Uptime, activity: next}
		}
	}
	return append(spans, span{now.from, end, now.activity})
}

func current(missing, up, busy bool) activity {
	switch {
	case missing:
		return waiting
	case up && !busy:
		return idle
	}
	return working
}

// busy reports whether an update script runs after the event. Its end is no event:
// what it publishes tells that it ran until then.
func (l lane) busy(index int) bool {
	for i := index; i >= 0; i-- {
		switch verb, _, _ := strings.Cut(l.events[i].What, " "); verb {
		case "published", "ready", "failed":
			return false
		case "updating":
			return l.publishesAfter(index)
		}
	}
	return false
}

func (l lane) publishesAfter(index int) bool {
	for _, event := range l.events[index+1:] {
		switch verb, _, _ := strings.Cut(event.What, " "); verb {
		case "published":
			return true
		case "updating":
			return false
		}
	}
	return false
}

// chart draws lanes over the same time.
type chart struct {
	from, to int64
	// width is the number of cells of a lane.
	width  int
	glyphs glyphs
	paint  func(a activity, text string) string
}

// glyphs are the signs of a chart.
type glyphs struct {
	activities       map[activity]string
	published, ready string
}

func unicodeGlyphs() glyphs {
	return glyphs{activities: map[activity]string{absent: " ", idle: "─", working: "█", waiting: "░"}, published: "▲", ready: "●"}
}

func asciiGlyphs() glyphs {
	return glyphs{activities: map[activity]string{absent: " ", idle: "-", working: "#", waiting: "."}, published: "^", ready: "o"}
}

// cell returns the index of the cell in which the moment lies.
func (c chart) cell(uptime int64) int {
	index := int((uptime - c.from) * int64(c.width) / (c.to - c.from))
	return min(max(index, 0), c.width-1)
}

// draw returns the lane's line, c.width cells long.
func (c chart) draw(l lane) string {
	cells, activities := make([]string, c.width), make([]activity, c.width)
	spans := l.spans(c.to)
	for i := range cells {
		activities[i] = c.dominant(spans, i)
		cells[i] = c.glyphs.activities[activities[i]]
	}
	for _, event := range l.events {
		index := c.cell(event.Uptime)
		switch verb, _, _ := strings.Cut(event.What, " "); verb {
		case "published":
			cells[index] = c.glyphs.published
		case "ready":
			// Mostly a server is ready as soon as it has published: show both.
			if cells[index] == c.glyphs.published && index+1 < c.width {
				index++
			}
			cells[index] = c.glyphs.ready
		}
	}
	return c.join(cells, activities)
}

// dominant returns what the server did for the longest part of the cell.
func (c chart) dominant(spans []span, index int) activity {
	step := float64(c.to-c.from) / float64(c.width)
	begin := float64(c.from) + float64(index)*step
	var longest activity
	var most float64
	for _, s := range spans {
		overlap := math.Min(float64(s.to), begin+step) - math.Max(float64(s.from), begin)
		if overlap > most {
			longest, most = s.activity, overlap
		}
	}
	return longest
}

// join paints runs of equal activity in one go.
func (c chart) join(cells []string, activities []activity) string {
	var line strings.Builder
	for begin := 0; begin < len(cells); {
		end := begin + 1
		for end < len(cells) && activities[end] == activities[begin] {
			end++
		}
		line.WriteString(c.paint(activities[begin], strings.Join(cells[begin:end], "")))
		begin = end
	}
	return line.String()
}

// axis returns the line above the lanes: the seconds since the chart's beginning,
// every half second or at larger steps that leave room for the numbers.
func (c chart) axis() string {
	const room = 9
	step := int64(50)
	for c.cell(c.from+step) < room && step < c.to-c.from {
		step *= 2
	}
	var line strings.Builder
	for at := int64(0); c.from+at < c.to; at += step {
		label := fmt.Sprintf("%.1f", float64(at)/100)
		if at == 0 {
			label = "0 s"
		}
		column := c.cell(c.from + at)
		if column+len(label) > c.width {
			break
		}
		line.WriteString(strings.Repeat(" ", column-line.Len()))
		line.WriteString(label)
	}
	return line.String()
}

// seconds words a duration given in hundredths of a second.
func seconds(hundredths int64) string {
	return fmt.Sprintf("%d.%02d s", hundredths/100, hundredths%100)
}
