package hostingtest

import (
	"maps"
	"slices"
	"testing"
	"testing/synctest"
)

// TestInBubbles is [TestWithoutScripts] with every rule in a bubble of testing/synctest,
// for services that wait: there it takes no time. newSubject is called within the
// bubble.
func TestInBubbles(t *testing.T, newSubject NewSubject) {
	t.Helper()
	for name, part := range parts() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			part.plain.runInBubbles(t, newSubject)
		})
	}
}

func (r rules) runInBubbles(t *testing.T, newSubject NewSubject) {
	t.Helper()
	for _, rule := range slices.Sorted(maps.Keys(r)) {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { r[rule](t, newSubject(t)) })
		})
	}
}
