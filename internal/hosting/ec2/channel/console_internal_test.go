package channel

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

// The tokens of an agent and of somebody who isn't it.
const (
	agentToken  = "6d9c11aa-0000-4000-8000-00000000cafe"
	forgedToken = "6d9c11aa-0000-4000-8000-00000000beef"
)

var testKeys = sync.OnceValue(func() (keys [2]*rsa.PrivateKey) {
	for i := range keys {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		keys[i] = key
	}
	return keys
})

// mark writes a message as the agent's function of that name does, in chunks of so many
// bytes.
func mark(token string, number int, message string, chunk int) []string {
	text := pack([]byte(message))
	parts := (len(text) + chunk - 1) / chunk
	var lines []string
	for part := 1; part <= parts; part++ {
		n := min(len(text), chunk)
		body := fmt.Sprintf("%s %d %d/%d %s", token, number, part, parts, text[:n])
		lines = append(lines, fmt.Sprintf("\r\n@@muster %s %s@@\r\n", body, sum(body)))
		text = text[n:]
	}
	return lines
}

// report returns a message with a report of that boot.
func report(boot string) string {
	return "muster message 1\nmuster report 1\nboot " + boot + "\nstatus ready\nreceived 3\napplied 2\nend\n"
}

// marked returns the markers of a report of that boot.
func marked(token string, number int, boot string) string {
	return strings.Join(mark(token, number, report(boot), 720), "")
}

func TestParseConsole(t *testing.T) {
	t.Parallel()
	const noise = "[   12.345678] audit: type=1400 audit(1.2:3): apparmor=\"STATUS\"\r\n"
	two := mark(agentToken, 8, report("new"), 60)
	old := marked(agentToken, 7, "old")
	for name, test := range map[string]struct {
		output, pinned string
		// token and boot are what is seen.
		token, boot string
	}{
		"nothing":                                    {"", "", "", ""},
		"nothing, but it was pinned":                 {noise, agentToken, agentToken, ""},
		"one marker":                                 {noise + old + noise, "", agentToken, "old"},
		"the highest number is the newest":           {old + strings.Join(two, noise) + old, "", agentToken, "new"},
		"numbers are not compared as text":           {marked(agentToken, 10, "new") + marked(agentToken, 9, "old"), "", agentToken, "new"},
		"parts in another order":                     {two[1] + two[0] + strings.Join(two[2:], ""), "", agentToken, "new"},
		"a part that is missing":                     {old + strings.Join(two[1:], ""), "", agentToken, "old"},
		"a ring that begins in the midst of a line":  {strings.Join(two, "")[30:] + old, "", agentToken, "old"},
		"the missing part comes with the repetition": {strings.Join(two, "")[30:] + old + two[0], "", agentToken, "new"},
		"the kernel writes into a line":              {old + strings.Join(two[1:], "") + two[0][:40] + noise + two[0][40:], "", agentToken, "old"},
		"the kernel writes before a marker":          {"[   12.34] something@@muster " + old, "", agentToken, "old"},
		"a character is wrong":                       {old + strings.Replace(marked(agentToken, 9, "new"), "H4sI", "H4sJ", 1), "", agentToken, "old"},
		"the sum is missing":                         {old + strings.NewReplacer("@@\r", "@\r").Replace(marked(agentToken, 9, "new")), "", agentToken, "old"},
		"another token than the pinned one":          {old + marked(forgedToken, 99, "forged"), agentToken, agentToken, "old"},
		"another token before the pinned one's":      {marked(forgedToken, 99, "forged") + old, agentToken, agentToken, "old"},
		"only another token than the pinned one":     {marked(forgedToken, 99, "forged"), agentToken, agentToken, ""},
		"the first token pins":                       {old + marked(forgedToken, 99, "forged"), "", agentToken, "old"},
		"a marker that isn't valid doesn't pin":      {strings.Replace(marked(forgedToken, 9, "forged"), " 9 ", " 8 ", 1) + old, "", agentToken, "old"},
		"a newer message that is none":               {old + strings.Join(mark(agentToken, 9, "nonsense", 720), ""), "", agentToken, "old"},
		"a newer report that is none":                {old + strings.Join(mark(agentToken, 9, "muster message 1\nmuster report 1\nend\n", 720), ""), "", agentToken, "old"},
		"two messages with one number":               {two[0] + marked(agentToken, 8, "other"), "", agentToken, ""},
		"a part above all":                           {old + resum("@@muster "+agentToken+" 9 2/1 AAAA"), "", agentToken, "old"},
		"no part":                                    {old + resum("@@muster "+agentToken+" 9 0/0 AAAA"), "", agentToken, "old"},
		"a short token":                              {resum("@@muster short 9 1/1 AAAA") + old, "", agentToken, "old"},
		"what user programs print":                   {"@@muster\n@@muster @@\n@@muster x y z@@muster " + old, "", agentToken, "old"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ParseConsole([]byte(test.output), test.pinned, nil)
			seen := ""
			if got.Report != nil {
				seen = got.Report.Boot
			}
			if got.Token != test.token || seen != test.boot {
				t.Errorf("got the token %q and the report of boot %q, want %q and %q", got.Token, seen, test.token, test.boot)
			}
		})
	}
}

// resum returns the marker with the right sum.
func resum(marker string) string {
	return "\n" + marker + " " + sum(strings.TrimPrefix(marker, markerBegin)) + "@@\n"
}

// TestParseConsole_ring cuts a console wherever it may be cut.
func TestParseConsole_ring(t *testing.T) {
	t.Parallel()
	whole := strings.Join(mark(agentToken, 8, report("x"), 40), "login: ") + strings.Repeat("login: ", 20) + strings.Join(mark(agentToken, 8, report("x"), 40), "")
	for cut := range len(whole) / 2 {
		if got := ParseConsole([]byte(whole[cut:]), "", nil); got.Report == nil || got.Report.Boot != "x" {
			t.Fatalf("without its first %d bytes it shows %+v", cut, got)
		}
	}
}

func TestParseConsole_key(t *testing.T) {
	t.Parallel()
	der, err := x509.MarshalPKIXPublicKey(&testKeys()[0].PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	with := strings.Replace(report("old"), "\n", "\nkey "+encode(der)+"\n", 1)
	output := strings.Join(mark(agentToken, 7, with, 720), "") + marked(agentToken, 8, "new")
	got := ParseConsole([]byte(output), "", nil)
	if got.Report == nil || got.Report.Boot != "new" {
		t.Errorf("the report is %+v", got.Report)
	}
	if !testKeys()[0].PublicKey.Equal(got.ServerKey) {
		t.Errorf("the key is %v", got.ServerKey)
	}
}

// sealedReport returns a message whose sensitive output is sealed to the key.
func sealedReport(t testing.TB, key *rsa.PublicKey, lines string) string {
	t.Helper()
	wrapped, sealed, err := seal(key, []byte(lines))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Replace(report("x"), "\n", "\nfuture AAAA\nsealed "+encode(wrapped)+" "+encode(sealed)+"\n", 1)
}

func TestParseConsole_secrets(t *testing.T) {
	t.Parallel()
	keys := testKeys()
	base := boot.Report{Boot: "x", Status: boot.StatusReady, Received: 3, Applied: 2}
	opened, unfit := base, base
	opened.Outputs, opened.Sensitive = map[string]string{"a": "hush", "b": ""}, []string{"a", "b"}
	unfit.Status, unfit.Failure = boot.StatusFailed, "its sensitive outputs are sealed to another key than the group has; replace the server"
	for name, test := range map[string]struct {
		lines string
		key   *rsa.PrivateKey
		want  *boot.Report
	}{
		"opened with the key":      {"output b -\noutput a aHVzaA==\n", keys[0], &opened},
		"left out without a key":   {"output b -\noutput a aHVzaA==\n", nil, &base},
		"another key is a failure": {"output b -\noutput a aHVzaA==\n", keys[1], &unfit},
		"what is no output":        {"status failed\n", keys[0], nil},
		"an end of the report":     {"output a -\nend\n", keys[0], nil},
		"no newline at the end":    {"output a -", keys[0], nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			output := strings.Join(mark(agentToken, 7, sealedReport(t, &keys[0].PublicKey, test.lines), 720), "")
			got := ParseConsole([]byte(output), "", test.key)
			if diff := cmp.Diff(test.want, got.Report); diff != "" {
				t.Errorf("the report (-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzParseConsole: whatever else is on a console, the agent's whole report is found and
// nothing is taken for a newer one that the agent hasn't written.
func FuzzParseConsole(f *testing.F) {
	whole := marked(agentToken, 7, "x")
	f.Add([]byte("@@muster "), []byte(whole[:50]))
	f.Add([]byte(marked(forgedToken, 9, "y")), []byte("\r\n[ 1.2] x"))
	f.Add([]byte(strings.Join(mark(agentToken, 5, report("z"), 30), "@@")), []byte(nil))
	f.Fuzz(func(t *testing.T, before, after []byte) {
		ParseConsole(before, "", nil)
		output := bytes.Join([][]byte{before, []byte(whole), after}, nil)
		got := ParseConsole(output, agentToken, nil)
		if got.Report == nil || got.Report.Boot != "x" {
			t.Errorf("got %+v", got)
		}
	})
}
