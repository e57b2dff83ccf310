package boot_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

// valuesTransport keeps nothing but the newest report, and starts few programs.
const valuesTransport = `
transport_payload() { cat "$TEST_DIR/payload"; }
transport_delivery() { cat "$TEST_DIR/delivery"; }
transport_report() { printf %s "$1" >"$TEST_DIR/report"; }
`

// valuesLoop drives the agent's own functions, once per line of standard input, in
// one shell that stays: a new agent for each value would take ten times as long. Nobody reads the FIFO, so that there must be none.
const valuesLoop = `
user_umask=$(umask)
prepare && rm -f wake || exit
while read -r _; do
	parameters='' boot_names='' ready_names='' known='' sensitive='' declarations=''
	received=0 delivered='' stored='' event_count=0 events='' status=booting
	rm -f values/* since/* seen/* outputs/*
	value=$(cat "$TEST_DIR/argument" && printf .) && value=${value%.}
	read_payload && take_delivery && chmod 700 scripts/boot &&
		run_script "$MUSTER_RUN/scripts/boot" 5>&1 6>&2 </dev/null || exit
	(cli param get known) >"$TEST_DIR/known" || exit
	(cli param get later) >"$TEST_DIR/later" || exit
	(cli output set piped) <"$TEST_DIR/piped" || exit
	(cli output set argument "$value") || exit
	collect_outputs
	report
	echo done
done
`

// valueShell is a shell that runs valuesLoop.
type valueShell struct {
	*server
	input  io.Writer
	output *bufio.Reader
}

func startValueShell(f *testing.F, sh shell) *valueShell {
	f.Helper()
	common, _, found := strings.Cut(boot.Agent(valuesTransport), "\ncase ${1-} in\ncli)")
	if !found {
		f.Fatal("the agent doesn't end with the choice of what it is run for")
	}
	s := &valueShell{server: &server{t: f, sh: sh, dir: f.TempDir()}}
	s.write("agent.sh", []byte(common+"\n"+valuesLoop))
	s.cmd = exec.Command(sh.sh, s.file("agent.sh"))
	s.cmd.Env = []string{"PATH=" + sh.path, "TEST_DIR=" + s.dir, "MUSTER_RUN=" + s.file("run")}
	s.cmd.Stderr = os.Stderr
	input, err := s.cmd.StdinPipe()
	if err != nil {
		f.Fatal(err)
	}
	output, err := s.cmd.StdoutPipe()
	if err != nil {
		f.Fatal(err)
	}
	s.input, s.output = input, bufio.NewReader(output)
	if err := s.cmd.Start(); err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		_ = input.Close()
		_ = s.cmd.Wait()
	})
	return s
}

// values are sent through a shell: as a parameter that is known at launch, as one
// that the boot script needs, and as one that it asks for; and back as outputs.
type values struct{ known, needed, later string }

// pass returns what has come out of the shell on each way.
func (s *valueShell) pass(v values) (map[string]string, error) {
	p := payload(`cat /proc/$$/environ >"$TEST_DIR/env"`, "", parameters{
		"known": known(v.known), "needed": deferred(boot.RequiredForBoot), "later": deferred(boot.RequiredForNothing),
	}, "piped", "argument")
	for name, content := range map[string][]byte{
		"payload":  p.Encode(),
		"delivery": delivery(1, map[string]string{"needed": v.needed, "later": v.later}).Encode(),
		"piped":    []byte(v.known), "argument": []byte(v.later),
	} {
		if err := os.WriteFile(s.file(name), content, 0o600); err != nil {
			return nil, err
		}
	}
	if _, err := io.WriteString(s.input, "next\n"); err != nil {
		return nil, fmt.Errorf("the shell has ended: %w", err)
	}
	if line, err := s.output.ReadString('\n'); line != "done\n" {
		return nil, fmt.Errorf("the shell said %q: %w", line, err)
	}
	return s.collect()
}

func (s *valueShell) collect() (map[string]string, error) {
	got := map[string]string{}
	for _, name := range []string{"known", "later", "env", "report"} {
		content, err := os.ReadFile(s.file(name))
		if err != nil {
			return nil, err
		}
		got["get "+name] = string(content)
	}
	for entry := range strings.SplitSeq(got["get env"], "\x00") {
		if name, value, _ := strings.Cut(entry, "="); name == "known" || name == "needed" {
			got["environment "+name] = value
		}
	}
	report, err := boot.ParseReport([]byte(got["get report"]))
	if err != nil {
		return nil, err
	}
	for name, value := range report.Outputs {
		got["output "+name] = value
	}
	delete(got, "get env")
	delete(got, "get report")
	return got, nil
}

// FuzzValues sends values through the shells, to the scripts and back: they come
// out byte for byte, but for the newline that ends an output on standard input.
func FuzzValues(f *testing.F) {
	for _, value := range awkwardValues() {
		f.Add(value, value, value)
	}
	for _, value := range []string{
		"\r\n", "\\\n", "end\n", "--timeout=0", strings.Repeat("\n", boot.MaxValueBytes), strings.Repeat("\xff", boot.MaxValueBytes),
	} {
		f.Add(value, "\n"+value, value+"\n")
	}
	var shells []*valueShell
	for _, name := range []string{"dash", "bash", "busybox"} {
		if _, err := exec.LookPath(name); err == nil || os.Getenv("MUSTER_REQUIRE_ALL") == "1" {
			shells = append(shells, startValueShell(f, findShell(f, name)))
		}
	}
	f.Fuzz(func(t *testing.T, known, needed, later string) {
		sent := values{valid(known), valid(needed), valid(later)}
		want := map[string]string{
			"get known": sent.known, "get later": sent.later,
			"environment known": sent.known, "environment needed": sent.needed,
			"output piped": strings.TrimSuffix(sent.known, "\n"), "output argument": sent.later,
		}
		var group sync.WaitGroup
		for _, s := range shells {
			group.Go(func() {
				got, err := s.pass(sent)
				if diff := cmp.Diff(want, got); err != nil || diff != "" {
					t.Errorf("%s: %v\n%s", s.sh.name, err, diff)
				}
			})
		}
		group.Wait()
	})
}

// valid returns the nearest text that may be a value.
func valid(text string) string {
	text = strings.ReplaceAll(text, "\x00", "")
	return text[:min(len(text), boot.MaxValueBytes)]
}
