package boot_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

func TestAgent_outputSet(t *testing.T) {
	t.Parallel()
	inEveryShell(t, map[string]func(*testing.T, shell){
		"values are published byte for byte, without one newline at the end": func(t *testing.T, sh shell) {
			values := awkwardValues()
			p := payload("true", "", nil)
			for name := range values {
				p.Configuration.Outputs[name] = boot.Output{Type: boot.TypeString}
			}
			s := startServer(t, sh, p)
			for name, value := range values {
				if _, stderr, code := s.muster(value+"\n", "output", "set", name); code != 0 || stderr != "" {
					t.Errorf("%s: %s, exit code %d", name, stderr, code)
				}
			}
			got := s.untilReport("all are published", func(r boot.Report) bool { return len(r.Outputs) == len(values) })
			if diff := cmp.Diff(values, got.Outputs); diff != "" {
				t.Error(diff)
			}
		},
		"a value may be an argument": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload(`muster output set a '-n $(x)'; muster output set b ''`, "", nil, "a", "b"))
			got := s.untilStatus(boot.StatusReady)
			if diff := cmp.Diff(map[string]string{"a": "-n $(x)", "b": ""}, got.Outputs); diff != "" {
				t.Error(diff)
			}
			want := []string{"booting", "script started", "published a", "published b", "ready"}
			for _, event := range want {
				if !strings.Contains(strings.Join(events(got), "\n"), event) {
					t.Errorf("got events %v, want %v", events(got), want)
				}
			}
		},
		"what doesn't fit its declaration is refused and nothing is published": func(t *testing.T, sh shell) {
			p := payload("true", "", nil, "text")
			p.Configuration.Outputs["number"] = boot.Output{Type: boot.TypeNumber}
			p.Configuration.Outputs["bool"] = boot.Output{Type: boot.TypeBool}
			p.Configuration.Outputs["key"] = boot.Output{Type: boot.TypeString, Sensitive: true}
			s := startServer(t, sh, p)
			s.untilStatus(boot.StatusReady)
			large := strings.Repeat("x", boot.MaxValueBytes+1)
			for _, test := range []struct{ input, args, want string }{
				{"v", "other", "there is no output called other; declared are: bool key number text"},
				{large, "text", "output text is larger than 32768 bytes"},
				{large + "\n", "text", "output text is larger than 32768 bytes"},
				{large + large, "text", "output text is larger than 32768 bytes"},
				{"a\x00b", "text", "output text holds a NUL byte"},
				{"a\x00", "text", "output text holds a NUL byte"},
				{"\x00", "text", "output text holds a NUL byte"},
				{"1x", "number", "output number must be a number"},
				{"1\n2", "number", "output number must be a number"},
				{"yes", "bool", "output bool must be true or false"},
				{"", "key secret", "output key is sensitive, and others can see arguments: give it on standard input"},
				{"", "text a b", "an output has one value; quote it"},
				{"", "", "which output?"},
			} {
				_, stderr, code := s.muster(test.input, append([]string{"output", "set"}, strings.Fields(test.args)...)...)
				if code != 2 || stderr != "muster: "+test.want+"\n" {
					t.Errorf("%s: got %q, exit code %d, want %q", test.args, stderr, code, test.want)
				}
			}
			if _, _, code := s.muster("last", "output", "set", "text"); code != 0 {
				t.Error("the good value is refused")
			}
			got := s.untilReport("one is published", func(r boot.Report) bool { return r.Outputs != nil })
			if diff := cmp.Diff(map[string]string{"text": "last"}, got.Outputs); diff != "" {
				t.Error(diff)
			}
			for _, dir := range []string{"outputs", "secrets"} {
				if left, _ := filepath.Glob(s.file("run/" + dir + "/.*")); len(left) > 0 {
					t.Errorf("left: %v", left)
				}
			}
		},
		"the agent and the provider agree on what a number is": func(t *testing.T, sh shell) {
			p := payload("true", "", nil)
			p.Configuration.Outputs["n"] = boot.Output{Type: boot.TypeNumber}
			s := startServer(t, sh, p)
			for _, text := range []string{
				"0", "-1", "007", "1.5", "-1.50", "1e3", "1E+3", "1.5e-3", "12345678901234567890",
				"", "-", "+1", ".5", "1.", "1.2.3", "e3", "1e", "1e+", "1e1e1", "1e1.5", "--1", "0x10", "inf", "NaN", "1_0", " 1", "1 ", "1\n\n",
			} {
				_, _, code := s.muster(text+"\n", "output", "set", "n")
				if err := boot.TypeNumber.Check(text); (err == nil) != (code == 0) {
					t.Errorf("%q: the agent exits with %d, the provider says %v", text, code, err)
				}
			}
		},
		"outputs published at the same time are all reported": func(t *testing.T, sh shell) {
			var names []string
			want := map[string]string{}
			for i := range 20 {
				names = append(names, fmt.Sprintf("o%d", i))
				want[names[i]] = names[i]
			}
			s := startServer(t, sh, payload("for o in "+strings.Join(names, " ")+"; do echo $o | muster output set $o & done; wait", "", nil, names...))
			got := s.untilStatus(boot.StatusReady)
			if diff := cmp.Diff(want, got.Outputs); diff != "" {
				t.Error(diff)
			}
		},
		"no report says applied without the outputs of the script": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("true", `echo "$(muster param get x)" | muster output set o`, parameters{"x": deferred(boot.RequiredForReady)}, "o"))
			for revision := 1; revision <= 5; revision++ {
				s.deliver(delivery(revision, map[string]string{"x": fmt.Sprint(revision)}))
				s.untilApplied(revision)
			}
			for _, r := range s.reports() {
				if r.Applied > 0 && r.Outputs["o"] < fmt.Sprint(r.Applied) {
					t.Errorf("revision %d is applied and the output is %s", r.Applied, r.Outputs["o"])
				}
			}
		},
		"events are bounded and the oldest are kept": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("i=0; while [ $i -lt 60 ]; do muster output set o $i; i=$((i + 1)); done", "", nil, "o"))
			got := s.untilStatus(boot.StatusReady)
			if len(got.Events) != boot.MaxEvents || got.Events[0].What != "booting" || got.Outputs["o"] != "59" {
				t.Errorf("got %d events, outputs %v", len(got.Events), got.Outputs)
			}
		},
	})
}
