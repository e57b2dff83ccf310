//go:build linux

package machine_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine"
)

// The end of what was written is kept, also where it comes faster than it is read.
func TestConsole_keeps_the_last_64_KiB(t *testing.T) {
	t.Parallel()
	m := start(t, "seq 1000000 1020000 >/dev/console\necho >/opt/written\n")
	awaitFile(t, m, "/opt/written")
	await(t, "cloud-init has finished", func() bool { return bytes.Contains(m.Console(), []byte(" finished at ")) })
	got := m.Console()
	if len(got) != 64<<10 {
		t.Errorf("the console has %d bytes", len(got))
	}
	if want := "\r\n1019998\r\n1019999\r\n1020000\r\nCloud-init"; !bytes.Contains(got, []byte(want)) {
		t.Errorf("want %q near the end, got %q", want, got[len(got)-200:])
	}
}

func TestConsole_with_noise(t *testing.T) {
	t.Parallel()
	const lines = 500
	m := startSpec(t, machine.Spec{
		KernelNoise: 97,
		UserData:    fmt.Appendf(nil, "#!/bin/sh\nseq -f 'line %%.0f of output' 1 %d >/dev/console\npoweroff\n", lines),
	})
	awaitDone(t, m)
	var want strings.Builder
	for n := range lines {
		fmt.Fprintf(&want, "line %d of output\r\n", n+1)
	}
	console := string(m.Console())
	if strings.Contains(console, want.String()) {
		t.Error("there is no noise")
	}
	noise := regexp.MustCompile(`\[ *\d+\.\d{6}\] audit: [^\r]*\r\n`)
	if got, least := len(noise.FindAllString(console, -1)), want.Len()/97-lines/97; got < least {
		t.Errorf("the kernel said something %d times, want %d", got, least)
	}
	if quiet := noise.ReplaceAllString(console, ""); !strings.Contains(quiet, want.String()) {
		t.Errorf("without noise the output isn't whole:\n%s", quiet)
	}
}
