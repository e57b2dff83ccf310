package boot_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

const canary = "canary-of-a-secret"

func fullDelivery() boot.Delivery {
	d := boot.Delivery{Revision: 12, Values: map[string]boot.Value{
		"sensitive": {Text: canary, Sensitive: true, Since: 12},
		"zero":      {},
		"vector":    {Since: 2},
		"short":     {BySlot: map[int]string{}, Since: 2},
	}}
	vector := d.Values["vector"]
	vector.BySlot = make(map[int]string)
	for name, text := range awkwardValues() {
		d.Values[name] = boot.Value{Text: text, Since: 3}
		vector.BySlot[2*len(vector.BySlot)+1] = text
	}
	d.Values["vector"] = vector
	return d
}

func TestDelivery_roundTrip(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]boot.Delivery{"of nothing": {}, "of everything": fullDelivery()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := boot.DecodeDelivery(want.Encode())
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%v\n%s", err, diff)
			}
			if !bytes.Equal(want.Encode(), got.Encode()) {
				t.Error("equal deliveries are encoded differently")
			}
		})
	}
}

func TestDelivery_Encode(t *testing.T) {
	t.Parallel()
	d := boot.Delivery{Revision: 7, Values: map[string]boot.Value{
		"address": {Text: "10.0.0.1:80,db_1@x/y+z=-", Since: 1}, "blank": {Text: "a b", Since: 2}, "dash": {Text: "-", Since: 3},
		"empty": {Since: 4}, "secret": {Text: "hush", Sensitive: true, Since: 5},
		"vector": {BySlot: map[int]string{0: "a", 1: "", 3: "*"}, Since: 6}, "secrets": {BySlot: map[int]string{0: "a"}, Sensitive: true, Since: 7}, "none": {BySlot: map[int]string{}},
	}}
	want := `muster delivery 1 7
value address 1 plain :10.0.0.1:80,db_1@x/y+z=-
value blank 2 plain YSBi
value dash 3 plain :-
value empty 4 plain -
vector none 0 plain
value secret 5 sensitive aHVzaA==
vector secrets 7 sensitive YQ==
vector vector 6 plain :a - ~ Kg==
end
`
	if diff := cmp.Diff(want, string(d.Encode())); diff != "" {
		t.Error(diff)
	}
}

// fullPayload is what is left of a payload after a round trip.
func fullPayload() boot.Payload {
	p := boot.Payload{
		Group: "web-eu", Parameters: awkwardValues(),
		Configuration: boot.Configuration{
			Name: "web", BootScript: "#!/bin/sh\necho\n", UpdateScript: "true", UpdateScriptTimeout: 24 * time.Hour, DecommissionScript: "#!/bin/sh\nleave\n",
			Parameters: map[string]boot.Parameter{
				"later":  {Type: boot.TypeNumber, Deferred: true, RequiredFor: boot.RequiredForReady},
				"timely": {Type: boot.TypeBool, Deferred: true, Sensitive: true, RequiredFor: boot.RequiredForReady, Timeout: time.Second, OnTimeout: boot.OnTimeoutFail},
				"secret": {Type: boot.TypeBool, Deferred: true, Sensitive: true, RequiredFor: boot.RequiredForNothing},
			},
			Outputs: map[string]boot.Output{"token": {Type: boot.TypeString, Sensitive: true}, "count": {Type: boot.TypeNumber}},
		},
	}
	for name := range p.Parameters {
		p.Configuration.Parameters[name] = boot.Parameter{Type: boot.TypeString, RequiredFor: boot.RequiredForBoot}
	}
	for name, text := range awkwardValues() {
		p.Configuration.Parameters["instead_"+name] = boot.Parameter{
			Type: boot.TypeString, Deferred: true, RequiredFor: boot.RequiredForBoot,
			Timeout: 24 * time.Hour, OnTimeout: boot.OnTimeoutProceed, Placeholder: &text,
		}
	}
	return p
}

func TestPayload_roundTrip(t *testing.T) {
	t.Parallel()
	want := fullPayload()
	got, err := boot.DecodePayload(want.Encode())
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestPayload_Encode(t *testing.T) {
	t.Parallel()
	fallback := "fallback"
	p := boot.Payload{
		Configuration: boot.Configuration{
			Image: "ami-1", BootScript: "true", UpdateScript: "a", UpdateScriptTimeout: 90 * time.Second, DecommissionScript: "b",
			Parameters: map[string]boot.Parameter{
				"given":    {Type: boot.TypeString, Default: &fallback, Pattern: ".*"},
				"default":  {Type: boot.TypeString, Default: &fallback},
				"none":     {Type: boot.TypeString},
				"secret":   {Type: boot.TypeString, Sensitive: true},
				"deferred": {Type: boot.TypeString, Deferred: true, RequiredFor: boot.RequiredForReady},
				"fails":    {Type: boot.TypeString, Deferred: true, RequiredFor: boot.RequiredForBoot, Sensitive: true, Timeout: 10 * time.Minute, OnTimeout: boot.OnTimeoutFail},
				"proceeds": {Type: boot.TypeString, Deferred: true, RequiredFor: boot.RequiredForNothing, Timeout: time.Second, OnTimeout: boot.OnTimeoutProceed, Placeholder: &fallback},
			},
		},
		Parameters: map[string]string{"given": "g", "secret": canary, "deferred": canary, "undeclared": canary},
	}
	want := `muster payload 1
group -
configuration -
parameter default string boot plain known replace
parameter deferred string ready plain deferred update
parameter fails string boot sensitive deferred update
parameter given string boot plain known replace
parameter none string boot plain known replace
parameter proceeds string nothing plain deferred update
parameter secret string boot sensitive deferred update
deadline fails 600 fail
deadline proceeds 1 proceed ZmFsbGJhY2s=
value default ZmFsbGJhY2s=
value given Zw==
boot_script dHJ1ZQ==
update_script YQ==
update_script_timeout 90
decommission_script Yg==
end
`
	if diff := cmp.Diff(want, string(p.Encode())); diff != "" {
		t.Error(diff)
	}
}

const fullReport = `muster report 1
boot 6d9c-11
status failed
waiting b
waiting a
failure boot script exited with exit code 7
log bGluZSAxCmxpbmUgMg==
received 4
applied 3
decommission running
future something that is not known yet
output empty -
output token Y2FuYXJ5
event 012 booting
event 345 received a
event 346 another kind of event
end
`

func TestParseReport(t *testing.T) {
	t.Parallel()
	want := boot.Report{
		Boot: "6d9c-11", Status: boot.StatusFailed, Waiting: []string{"a", "b"},
		Failure: "boot script exited with exit code 7", LogTail: "line 1\nline 2", Received: 4, Applied: 3, Decommission: boot.DecommissionRunning,
		Outputs: map[string]string{"empty": "", "token": "canary"},
		Events:  []boot.Event{{Uptime: 12, What: "booting"}, {Uptime: 345, What: "received a"}, {Uptime: 346, What: "another kind of event"}},
	}
	got, err := boot.ParseReport([]byte(fullReport))
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestReport_Encode(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"of everything": strings.NewReplacer(
			"future something that is not known yet\n", "",
			"waiting b\nwaiting a\n", "waiting a\nwaiting b\n",
			"event 012 ", "event 12 ",
		).Replace(fullReport),
		"of nothing": "muster report 1\nboot x\nstatus ready\nreceived 0\napplied 0\nend\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report, err := boot.ParseReport([]byte(want))
			if diff := cmp.Diff(want, string(report.Encode())); err != nil || diff != "" {
				t.Errorf("%v\n%s", err, diff)
			}
		})
	}
}

func TestParseReport_decommission(t *testing.T) {
	t.Parallel()
	for step := boot.DecommissionIdle; step <= boot.DecommissionFailed; step++ {
		want := boot.Report{Boot: "x", Status: boot.StatusReady, Decommission: step}
		got, err := boot.ParseReport(want.Encode())
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
	}
}

// decoders are the three decoders; each returns only its error.
func decoders() map[string]func([]byte) error {
	return map[string]func([]byte) error{
		"delivery": func(b []byte) error { _, err := boot.DecodeDelivery(b); return err },
		"payload":  func(b []byte) error { _, err := boot.DecodePayload(b); return err },
		"report":   func(b []byte) error { _, err := boot.ParseReport(b); return err },
	}
}

func TestDecode_truncated(t *testing.T) {
	t.Parallel()
	whole := map[string][]byte{
		"delivery": boot.Delivery{Revision: 2, Values: map[string]boot.Value{"a": {Text: "end\n", Since: 1}, "b": {Text: canary, Since: 2}}}.Encode(),
		"payload":  payload("true", "true", parameters{"a": known("1")}, "o").Encode(),
		"report":   []byte(fullReport),
	}
	for kind, decode := range decoders() {
		if err := decode(whole[kind]); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		for n := range whole[kind] {
			if decode(whole[kind][:n]) == nil {
				t.Errorf("%s: the first %d bytes are taken for all", kind, n)
			}
		}
		if decode(append(whole[kind], '\n')) == nil {
			t.Errorf("%s: more bytes after the end are accepted", kind)
		}
	}
}

func TestDecode_malformed(t *testing.T) {
	t.Parallel()
	secret := base64.StdEncoding.EncodeToString([]byte(canary))
	large := base64.StdEncoding.EncodeToString(make([]byte, boot.MaxValueBytes+1))
	nul := base64.StdEncoding.EncodeToString([]byte("a\x00b"))
	report := "muster report 1\nboot x\nstatus ready\nreceived 1\napplied 1\n"
	events := strings.Repeat("event 1 booting\n", boot.MaxEvents+1)
	for name, test := range map[string]struct{ kind, document, want string }{
		"a delivery of another version":           {"delivery", "muster delivery 11 1\n", `line 1: it is not "muster delivery 1"`},
		"a delivery without a revision":           {"delivery", "muster delivery 1\n", "line 1: malformed line"},
		"a revision that is no number":            {"delivery", "muster delivery 1 " + canary + "\n", "line 1: malformed line: invalid number"},
		"a negative revision":                     {"delivery", "muster delivery 1 -1\n", "line 1: malformed line: invalid number"},
		"a second header":                         {"delivery", "muster delivery 1 1\nmuster delivery 1 2\n", "line 2: malformed line"},
		"an unknown line of a delivery":           {"delivery", "muster delivery 1 1\n" + canary + "\n", "line 2: malformed line"},
		"a value with a hostile name":             {"delivery", "muster delivery 1 1\nvalue a;b 1 plain -\n", "line 2: malformed line: invalid name"},
		"a value with a reserved name":            {"delivery", "muster delivery 1 1\nvalue PATH 1 plain -\n", "line 2: malformed line: invalid name"},
		"a value that is newer than all":          {"delivery", "muster delivery 1 1\nvalue a 2 plain -\n", "line 2: malformed line: a value is newer than its delivery"},
		"a value that comes twice":                {"delivery", "muster delivery 1 1\nvalue a 1 plain -\nvalue a 1 plain -\n", "line 3: malformed line: repeated name"},
		"a value of unknown secrecy":              {"delivery", "muster delivery 1 1\nvalue a 1 " + canary + " -\n", "line 2: malformed line: unknown word"},
		"a value that is not in base64":           {"delivery", "muster delivery 1 1\nvalue a 1 plain " + canary + "\n", "line 2: malformed line"},
		"a value with a carriage return":          {"delivery", "muster delivery 1 1\nvalue a 1 plain " + secret + "\r\n", "line 2: malformed line"},
		"a value that is too large":               {"delivery", "muster delivery 1 1\nvalue a 1 plain " + large + "\n", "line 2: malformed line"},
		"a value with a NUL byte":                 {"delivery", "muster delivery 1 1\nvalue a 1 plain " + nul + "\n", "line 2: invalid value: it holds a NUL byte, which an environment variable can't; encode it, for example with base64encode"},
		"a value as it is with other characters":  {"delivery", "muster delivery 1 1\nvalue a 1 plain :a*\n", "line 2: malformed line"},
		"a value as it is of nothing":             {"delivery", "muster delivery 1 1\nvalue a 1 plain :\n", "line 2: malformed line"},
		"a value as it is that is too large":      {"delivery", "muster delivery 1 1\nvalue a 1 plain :" + strings.Repeat("a", boot.MaxValueBytes+1) + "\n", "line 2: invalid value: it has 32769 bytes, at most 32768 are carried; store it elsewhere and pass its address"},
		"an output as it is":                      {"report", report + "output a :1\n", "line 6: malformed line"},
		"a vector with a reserved name":           {"delivery", "muster delivery 1 1\nvector PATH 1 plain -\n", "line 2: malformed line: invalid name"},
		"a vector without secrecy":                {"delivery", "muster delivery 1 1\nvector a 1\n", "line 2: malformed line"},
		"a vector with two spaces":                {"delivery", "muster delivery 1 1\nvector a 1 plain -  -\n", "line 2: malformed line"},
		"a vector that is not in base64":          {"delivery", "muster delivery 1 1\nvector a 1 plain - " + canary + "\n", "line 2: malformed line"},
		"a vector with too large a text":          {"delivery", "muster delivery 1 1\nvector a 1 plain - " + large + "\n", "line 2: malformed line"},
		"a vector for too many slots":             {"delivery", "muster delivery 1 1\nvector a 1 plain" + strings.Repeat(" -", boot.MaxVectorSlots+1) + "\n", "line 2: malformed line: too many elements"},
		"a vector and a value of one name":        {"delivery", "muster delivery 1 1\nvector a 1 plain\nvalue a 1 plain -\n", "line 3: malformed line: repeated name"},
		"a payload without a boot script":         {"payload", "muster payload 1\n", "it has no boot script"},
		"a payload with two boot scripts":         {"payload", "muster payload 1\nboot_script YQ==\nboot_script YQ==\n", "line 3: malformed line: repeated line"},
		"an unknown line of a payload":            {"payload", "muster payload 1\nfuture\n", "line 2: malformed line"},
		"a value without a declaration":           {"payload", "muster payload 1\nvalue a " + secret + "\n", "line 2: malformed line: no parameter that may have a value"},
		"a value of a deferred parameter":         {"payload", "muster payload 1\nparameter a string boot plain deferred update\nvalue a -\n", "line 3: malformed line: no parameter that may have a value"},
		"a value of a sensitive parameter":        {"payload", "muster payload 1\nparameter a string boot sensitive deferred update\nvalue a -\n", "line 3: malformed line: no parameter that may have a value"},
		"a known parameter required for ready":    {"payload", "muster payload 1\nparameter a string ready plain known replace\n", "line 2: malformed line: only a deferred parameter may be missing at boot"},
		"a parameter of an unknown type":          {"payload", "muster payload 1\nparameter a list boot plain known replace\n", "line 2: malformed line: unknown word"},
		"a parameter of an unknown requirement":   {"payload", "muster payload 1\nparameter a string now plain known replace\n", "line 2: malformed line: unknown word"},
		"a parameter of an unknown arrival":       {"payload", "muster payload 1\nparameter a string boot plain now replace\n", "line 2: malformed line: unknown word"},
		"a parameter whose effect is unknown":     {"payload", "muster payload 1\nparameter a string boot plain deferred reboot\n", "line 2: malformed line: unknown word"},
		"a known parameter that is delivered":     {"payload", "muster payload 1\nparameter a string boot plain known update\n", "line 2: malformed line: a value that is delivered is not known at launch"},
		"a parameter that comes twice":            {"payload", "muster payload 1\nparameter a string boot plain known replace\nparameter a string boot plain known replace\n", "line 3: malformed line: repeated name"},
		"an output of an unknown type":            {"payload", "muster payload 1\noutput a list plain\n", "line 2: malformed line: unknown word"},
		"an output of unknown secrecy":            {"payload", "muster payload 1\noutput a string now\n", "line 2: malformed line: unknown word"},
		"a deadline without a declaration":        {"payload", "muster payload 1\ndeadline a 1 fail\n", "line 2: malformed line: no parameter that may have a deadline"},
		"a deadline of a known parameter":         {"payload", "muster payload 1\nparameter a string boot plain known replace\ndeadline a 1 fail\n", "line 3: malformed line: no parameter that may have a deadline"},
		"a deadline that comes twice":             {"payload", "muster payload 1\nparameter a string boot plain deferred update\ndeadline a 1 fail\ndeadline a 1 fail\n", "line 4: malformed line: no parameter that may have a deadline"},
		"a deadline of no time":                   {"payload", "muster payload 1\nparameter a string boot plain deferred update\ndeadline a 0 fail\n", "line 3: malformed line: invalid time limit"},
		"a deadline after two days":               {"payload", "muster payload 1\nparameter a string boot plain deferred update\ndeadline a 172800 fail\n", "line 3: malformed line: invalid time limit"},
		"a deadline that is no number":            {"payload", "muster payload 1\nparameter a string boot plain deferred update\ndeadline a 1m fail\n", "line 3: malformed line: invalid number"},
		"a deadline of an unknown end":            {"payload", "muster payload 1\nparameter a string boot plain deferred update\ndeadline a 1 ignore\n", "line 3: malformed line: unknown word"},
		"a deadline that lacks a placeholder":     {"payload", "muster payload 1\nparameter a string boot plain deferred update\ndeadline a 1 proceed\n", "line 3: malformed line: a placeholder is missing, or there must be none"},
		"a deadline with a useless placeholder":   {"payload", "muster payload 1\nparameter a string boot plain deferred update\ndeadline a 1 fail -\n", "line 3: malformed line: a placeholder is missing, or there must be none"},
		"a placeholder of a sensitive parameter":  {"payload", "muster payload 1\nparameter a string boot sensitive deferred update\ndeadline a 1 proceed -\n", "line 3: malformed line: a placeholder is missing, or there must be none"},
		"a placeholder that is not in base64":     {"payload", "muster payload 1\nparameter a string boot plain deferred update\ndeadline a 1 proceed " + canary + "\n", "line 3: malformed line"},
		"a time limit of nothing":                 {"payload", "muster payload 1\nupdate_script_timeout 0\n", "line 2: malformed line: invalid time limit"},
		"a time limit of two days":                {"payload", "muster payload 1\nupdate_script_timeout 172800\n", "line 2: malformed line: invalid time limit"},
		"a time limit that is no number":          {"payload", "muster payload 1\nupdate_script_timeout 1m\n", "line 2: malformed line: invalid number"},
		"a time limit that comes twice":           {"payload", "muster payload 1\nupdate_script_timeout 1\nupdate_script_timeout 1\n", "line 3: malformed line: repeated line"},
		"a payload with two decommission scripts": {"payload", "muster payload 1\ndecommission_script YQ==\ndecommission_script YQ==\n", "line 3: malformed line: repeated line"},
		"a step that there is not":                {"report", report + "decommission none\n", "line 6: malformed line: unknown step"},
		"a step that comes twice":                 {"report", report + "decommission idle\ndecommission done\n", "line 7: malformed line: repeated line"},
		"a step with more words":                  {"report", report + "decommission idle now\n", "line 6: malformed line"},
		"a report without a boot":                 {"report", "muster report 1\nstatus ready\n", `it has no line "boot"`},
		"a report without a status":               {"report", "muster report 1\nboot x\n", `it has no line "status"`},
		"a report that has applied too much":      {"report", "muster report 1\nboot x\nstatus ready\nreceived 1\napplied 2\n", "it has applied a revision that it has not received"},
		"a status that there is not":              {"report", "muster report 1\nboot x\nstatus unknown\n", "line 3: malformed line: unknown status"},
		"a status that comes twice":               {"report", report + "status ready\n", "line 6: malformed line: repeated line"},
		"a boot with control characters":          {"report", "muster report 1\nboot \x1b[31m\n", "line 2: malformed line"},
		"a boot that is not UTF-8":                {"report", "muster report 1\nboot \xff\n", "line 2: malformed line"},
		"a failure without words":                 {"report", report + "failure\n", "line 6: malformed line"},
		"a log that is not in base64":             {"report", report + "log " + canary + "\n", "line 6: malformed line"},
		"an output without a value":               {"report", report + "output a\n", "line 6: malformed line"},
		"an output that comes twice":              {"report", report + "output a -\noutput a -\n", "line 7: malformed line: repeated name"},
		"an output that is too large":             {"report", report + "output a " + large + "\n", "line 6: malformed line"},
		"a name that is waited for twice":         {"report", report + "waiting a\nwaiting a\n", "line 7: malformed line"},
		"an event without a time":                 {"report", report + "event booting\n", "line 6: malformed line"},
		"an event at no time":                     {"report", report + "event now booting\n", "line 6: malformed line: invalid number"},
		"an event with control characters":        {"report", report + "event 1 \x1b\n", "line 6: malformed line"},
		"more events than there may be":           {"report", report + events, fmt.Sprintf("line %d: malformed line", 6+boot.MaxEvents)},
		"far too many bytes":                      {"report", strings.Repeat("x", 32<<20), fmt.Sprintf("it has %d bytes, more than %d", 32<<20+4, 32<<20)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := decoders()[test.kind]([]byte(test.document + "end\n"))
			if err == nil || !strings.HasSuffix(err.Error(), ": "+test.want) {
				t.Fatalf("got %v, want %s", err, test.want)
			}
			for _, text := range []string{canary, secret} {
				if strings.Contains(err.Error(), text) {
					t.Errorf("the error quotes a value: %v", err)
				}
			}
		})
	}
}

func TestParseReport_bounds(t *testing.T) {
	t.Parallel()
	report := "muster report 1\nboot x\nstatus waiting\nreceived 1\napplied 1\n"
	for name, line := range map[string]string{"names waited for": "waiting n%d\n", "outputs": "output n%d -\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var lines strings.Builder
			for i := range boot.MaxNames {
				fmt.Fprintf(&lines, line, i)
			}
			if _, err := boot.ParseReport([]byte(report + lines.String() + "end\n")); err != nil {
				t.Errorf("as many as there may be: %v", err)
			}
			fmt.Fprintf(&lines, line, boot.MaxNames)
			if _, err := boot.ParseReport([]byte(report + lines.String() + "end\n")); err == nil {
				t.Error("more than there may be: no error")
			}
		})
	}
}

func FuzzDecodeDelivery(f *testing.F) {
	f.Add(boot.Delivery{}.Encode())
	f.Add([]byte("muster delivery 1 3\nvalue LC_ALL 3 sensitive LQ==\nvalue b 1 plain -\nend\n"))
	f.Add([]byte("muster delivery 1 1\nvalue a 1 plain YQ==\nend\n"))
	f.Add([]byte("muster delivery 1 3\nvector a 1 plain\nvector b 3 sensitive YQ== - YWI=\nend\n"))
	f.Fuzz(func(t *testing.T, encoded []byte) {
		want, err := boot.DecodeDelivery(encoded)
		if err != nil {
			return
		}
		got, err := boot.DecodeDelivery(want.Encode())
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
	})
}

func FuzzDecodePayload(f *testing.F) {
	f.Add(payload("#!/bin/sh\n", "true", parameters{"a": known("1"), "b": secret(boot.RequiredForReady)}, "o").Encode())
	f.Add([]byte("muster payload 1\nboot_script YQ==\nupdate_script YQ==\nupdate_script_timeout 60\ndecommission_script Yg==\nend\n"))
	f.Add([]byte("muster payload 1\nparameter a string boot plain known replace\nvalue a -\nboot_script YQ==\nend\n"))
	f.Add([]byte("muster payload 1\nparameter a string boot plain deferred update\ndeadline a 1 proceed -\nboot_script YQ==\nend\n"))
	f.Fuzz(func(t *testing.T, encoded []byte) {
		want, err := boot.DecodePayload(encoded)
		if err != nil {
			return
		}
		got, err := boot.DecodePayload(want.Encode())
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
	})
}

func FuzzParseReport(f *testing.F) {
	f.Add([]byte(fullReport))
	f.Add([]byte("muster report 1\nboot x\nstatus ready\nreceived 0\napplied 0\ndecommission failed\nfailure decommission script exited with exit code 1\nend\n"))
	f.Add([]byte("muster report 1\nboot x\nstatus ready\nreceived 0\napplied 0\nend\n"))
	f.Fuzz(func(t *testing.T, encoded []byte) {
		want, err := boot.ParseReport(encoded)
		if err != nil {
			return
		}
		got, err := boot.ParseReport(want.Encode())
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
	})
}
