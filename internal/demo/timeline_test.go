package main

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

// events are written as in a report: uptime and text.
func events(lines ...string) []boot.Event {
	var events []boot.Event
	for _, line := range lines {
		uptime, what, _ := strings.Cut(line, " ")
		at, err := strconv.ParseInt(uptime, 10, 64)
		if err != nil {
			panic(err)
		}
		events = append(events, boot.Event{Uptime: at, What: what})
	}
	return events
}

func TestLane_pauses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		events []boot.Event
		want   []pause
	}{
		"a value that was there is no pause": {
			events: events("0 booting", "1 received token", "2 script started", "3 ready"),
		},
		"a pause lasts from asking to receiving": {
			events: events("0 booting", "10 waiting token", "35 received token", "40 ready"),
			want:   []pause{{"token", 10, 35}},
		},
		"two values are waited for at the same time": {
			events: events("0 booting", "10 waiting a", "12 waiting b", "20 received b", "30 received a"),
			want:   []pause{{"b", 12, 20}, {"a", 10, 30}},
		},
		"what never arrived has no pause": {
			events: events("0 booting", "10 waiting token", "99 failed"),
		},
		"a value that arrives again is waited for once": {
			events: events("0 booting", "10 waiting a", "20 received a", "50 received a"),
			want:   []pause{{"a", 10, 20}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := newLane("web-0", test.events).pauses()
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(pause{})); diff != "" {
				t.Errorf("pauses (-want +got):\n%s", diff)
			}
		})
	}
}

func TestChart_draw(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		events []boot.Event
		since  int64
		want   string
	}{
		"a server that waits in between": {
			events: events("10 booting", "20 waiting token", "60 received token", "80 ready"),
			want:   " #....##o-",
		},
		"events that are reported late are where they happened": {
			events: events("0 booting", "80 ready", "50 published token"),
			want:   "#####^##o-",
		},
		"a server that is ready as soon as it has published shows both": {
			events: events("0 booting", "70 published token", "71 ready"),
			want:   "#######^o-",
		},
		"an update script that publishes": {
			events: events("0 booting", "10 ready", "40 updating", "70 published token"),
			want:   "#o--###^--",
		},
		"an update script whose end nobody tells": {
			events: events("0 booting", "10 ready", "40 updating"),
			want:   "#o--------",
		},
		"a server that was up before": {
			events: events("0 booting", "5 ready", "40 received endpoints", "41 updating", "80 published token"),
			since:  30,
			want:   "----####^-",
		},
		"an update script that runs before the server is ready": {
			events: events("0 booting", "10 waiting a", "30 received a", "30 updating", "80 ready"),
			want:   "#..#####o-",
		},
		"a server that failed": {
			events: events("0 booting", "50 failed"),
			want:   "#####     ",
		},
		"a server without events": {
			want: "----------",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := chart{from: 0, to: 100, width: 10, glyphs: asciiGlyphs(), paint: func(_ activity, text string) string { return text }}
			got := c.draw(newLane("web-0", test.events).since(test.since))
			if got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestChart_draw_paintsRuns(t *testing.T) {
	t.Parallel()
	c := chart{from: 0, to: 100, width: 10, glyphs: asciiGlyphs(), paint: func(_ activity, text string) string { return "[" + text + "]" }}
	got := c.draw(newLane("web-0", events("0 booting", "20 waiting token", "60 received token", "80 ready")))
	if want := "[##][....][##][o-]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestChart_axis(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		to   int64
		want string
	}{
		"half seconds":     {to: 200, want: "0 s       0.5       1.0       1.5"},
		"less than a step": {to: 30, want: "0 s"},
		"larger steps":     {to: 2000, want: "0 s             8.0             16.0"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := chart{to: test.to, width: 40}.axis()
			if got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestSeconds(t *testing.T) {
	t.Parallel()
	for hundredths, want := range map[int64]string{0: "0.00 s", 7: "0.07 s", 125: "1.25 s", 6000: "60.00 s"} {
		if got := seconds(hundredths); got != want {
			t.Errorf("seconds(%d): got %q, want %q", hundredths, got, want)
		}
	}
}
