package boot_test

import (
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

func TestAgent_failure(t *testing.T) {
	t.Parallel()
	inEveryShell(t, map[string]func(*testing.T, shell){
		"a boot script that exits with 7 fails the server with the end of its log": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload(`i=1; while [ $i -le 30 ]; do echo "line $i"; i=$((i + 1)); done; echo "no disk" >&2; exit 7`, "",
				parameters{"x": deferred(boot.RequiredForNothing)}))
			got := s.untilStatus(boot.StatusFailed)
			if got.Failure != "boot script exited with exit code 7" || got.Events[len(got.Events)-1].What != "failed" {
				t.Errorf("got %+v", got)
			}
			var want strings.Builder
			for i := 12; i <= 30; i++ {
				fmt.Fprintf(&want, "line %d\n", i)
			}
			if diff := cmp.Diff(want.String()+"no disk", got.LogTail); diff != "" {
				t.Error(diff)
			}
			// The agent goes on, and the failure stands.
			s.deliver(delivery(1, map[string]string{"x": "1"}))
			got = s.untilReport("it is received", func(r boot.Report) bool { return r.Received == 1 })
			if got.Status != boot.StatusFailed || got.Applied != 0 || got.LogTail == "" {
				t.Errorf("got %+v", got)
			}
		},
		"a script that is killed says by which signal": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("echo last words; kill -9 $$", "", nil))
			// The agent's shell has nothing to add to the log.
			if got := s.untilStatus(boot.StatusFailed); got.Failure != "boot script was killed by signal 9" || got.LogTail != "last words" {
				t.Errorf("got %q, log %q", got.Failure, got.LogTail)
			}
		},
		"a script that can't be run at all fails": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("#!/no/such/interpreter\n", "", nil))
			if got := s.untilStatus(boot.StatusFailed); !strings.HasPrefix(got.Failure, "boot script exited with exit code 12") || got.LogTail == "" {
				t.Errorf("got %+v", got)
			}
		},
		"the tail has at most 4 KiB, the last ones, and no control characters": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload(`printf '%05000d\n' 1; printf 'a\tb\033[31mred\033[0m\r\001\177\000 \303\244\n'; exit 1`, "", nil))
			got := s.untilStatus(boot.StatusFailed).LogTail
			end := "1\na\tb[31mred[0m ä"
			if len(got) != boot.MaxTailBytes || !strings.HasSuffix(got, "00"+end) {
				t.Errorf("got %d bytes: %q", len(got), got)
			}
		},
		"sensitive values never appear in the tail, also with set -x": func(t *testing.T, sh shell) {
			long := strings.Repeat("k", 3000)
			secrets := map[string]string{
				"password": `it's *[a-z]* $(x) "q" \n &`,
				"part":     "it's",
				"pem":      "-----BEGIN\nMIIsecret1\nMIIsecret2\n\n-----END\n",
				"long":     long,
				"short":    "z9\n",
				"empty":    "",
			}
			declared := parameters{"plain": known("visible")}
			for name := range secrets {
				declared[name] = secret(boot.RequiredForBoot)
			}
			p := payload(`set -x
				: "$password" "$part" "$pem" "$long" "$short" "$empty" "$plain"
				printf %s published-secret | muster output set token
				set +x
				echo "$pem" | head -n 3
				printf 'in %s, %s, %s; published-secret of %s\n' "$password" "$part" "${short%?}" "$plain"
				printf 'MIIse\033cret1\n'
				echo "$long$long"
				exit 1`, "", declared)
			p.Configuration.Outputs = map[string]boot.Output{"token": {Type: boot.TypeString, Sensitive: true}}
			s := startServer(t, sh, p)
			s.deliver(delivery(1, secrets))
			got := s.untilStatus(boot.StatusFailed).LogTail
			for _, word := range []string{"it's", `it'\''s`, "BEGIN", "secret1", "secret2", "kkkk", "z9", "published-secret", "a-z"} {
				if strings.Contains(got, word) {
					t.Errorf("%q is in the tail:\n%s", word, got)
				}
			}
			want := "in (sensitive), (sensitive), (sensitive); (sensitive) of visible\n(sensitive)\n(sensitive)(sensitive)"
			if !strings.HasSuffix(got, want) {
				t.Errorf("got\n%s\nwant at the end\n%s", got, want)
			}
		},
		"a secret is hidden as an echo that knows escapes prints it": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload(`printf '%b\n' "$key"; printf %b "$key" | tail -n 1; exit 1`, "", parameters{"key": secret(boot.RequiredForBoot)}))
			s.deliver(delivery(1, map[string]string{"key": `first\nsecond\0101line`}))
			if got := s.untilStatus(boot.StatusFailed).LogTail; got != "(sensitive)\n(sensitive)" {
				t.Errorf("got %q", got)
			}
		},
		"half a secret at the beginning of what is looked at is not shown": func(t *testing.T, sh shell) {
			var digits strings.Builder
			for i := 0; digits.Len() < boot.MaxValueBytes; i++ {
				fmt.Fprint(&digits, i)
			}
			largest := digits.String()[:boot.MaxValueBytes]
			s := startServer(t, sh, payload(`echo "$key"; echo "$key"; echo end; exit 1`, "", parameters{"key": secret(boot.RequiredForBoot)}))
			s.deliver(delivery(1, map[string]string{"key": largest}))
			if got := s.untilStatus(boot.StatusFailed).LogTail; got != "(sensitive)\nend" {
				t.Errorf("got %q", got)
			}
		},
		"a secret that was replaced stays hidden, and so does one that a delivery calls sensitive": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("true", "echo old-secret new-secret other-secret; exit 1", parameters{
				"a": secret(boot.RequiredForNothing), "b": deferred(boot.RequiredForNothing),
			}))
			s.deliver(delivery(1, map[string]string{"a": "old-secret"}))
			s.untilStatus(boot.StatusFailed)
			s.deliver(boot.Delivery{Revision: 2, Values: map[string]boot.Value{
				"a": {Text: "new-secret", Since: 2}, "b": {Text: "other-secret", Since: 2, Sensitive: true},
			}})
			got := s.untilReport("it has failed again", func(r boot.Report) bool { return strings.Count(r.LogTail, "\n") == 1 })
			want := "(sensitive) (sensitive) (sensitive)\n(sensitive) (sensitive) (sensitive)"
			if diff := cmp.Diff(want, got.LogTail); diff != "" {
				t.Error(diff)
			}
		},
		"no value is ever in the arguments of a program": func(t *testing.T, sh shell) {
			s := newServer(t, sh, payload(`muster param get key >/dev/null
				printf canary-out | muster output set token
				echo "canary in canary-out"; exit 1`, "", parameters{"key": secret(boot.RequiredForBoot)}, "token"))
			s.sh.path = recordArguments(t, sh, s.file("arguments")) + ":" + sh.path
			s.deliver(delivery(1, map[string]string{"key": "canary in"}))
			s.start()
			if got := s.untilStatus(boot.StatusFailed); got.LogTail != "(sensitive) canary-out" {
				t.Errorf("got %q", got.LogTail)
			}
			arguments := s.read("arguments")
			if strings.Count(arguments, "base64 -d") != 2 {
				t.Errorf("the programs were not recorded:\n%s", arguments)
			}
			for _, value := range []string{"canary", base64.StdEncoding.EncodeToString([]byte("canary"))} {
				if strings.Contains(arguments, value) {
					t.Errorf("%s is in the arguments:\n%s", value, arguments)
				}
			}
		},
		"a damaged payload is reported": func(t *testing.T, sh shell) {
			whole := payload("touch ran", "", parameters{"a": known("1")}).Encode()
			for name, encoded := range map[string][]byte{
				"cut short":    whole[:len(whole)-2],
				"empty":        {},
				"of version 2": []byte(strings.Replace(string(whole), "payload 1", "payload 2", 1)),
				"hostile name": []byte(strings.Replace(string(whole), "value a", "value a;touch", 1)),
				"no script":    []byte("muster payload 1\nend\n"),
			} {
				s := newServer(t, sh, payload("true", "", nil))
				s.write("payload", encoded)
				s.start()
				if got := s.untilStatus(boot.StatusFailed); got.Failure != "the boot payload is damaged" {
					t.Errorf("%s: got %q", name, got.Failure)
				}
				<-s.ended
				if s.cmd.ProcessState.ExitCode() != 1 || strings.Contains(s.read("console"), "MQ==") {
					t.Errorf("%s: got %v, console %q", name, s.cmd.ProcessState, s.read("console"))
				}
			}
		},
	})
}

// recordArguments returns a directory of programs that write down their arguments
// before they become the programs of that name which the shell would find.
func recordArguments(t *testing.T, sh shell, log string) string {
	t.Helper()
	dir := t.TempDir()
	tools := "base64 cat chmod cp head ls mkdir mkfifo mv rm sed sleep tail tr wc"
	for tool := range strings.FieldsSeq(tools) {
		program := fmt.Sprintf(`#!/bin/sh
			echo %[1]s "$*" >>%[2]s
			PATH=%[3]s
			exec %[1]s "$@"
			`, tool, log, sh.path)
		if err := os.WriteFile(filepath.Join(dir, tool), []byte(program), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestAgent_missingTool(t *testing.T) {
	t.Parallel()
	inEveryShell(t, map[string]func(*testing.T, shell){
		"the first report names it": func(t *testing.T, sh shell) {
			bin := t.TempDir()
			// cat and mv are the transport's.
			for tool, target := range map[string]string{"sh": sh.sh, "cat": "cat", "mv": "mv"} {
				program, err := exec.LookPath(target)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.Symlink(program, filepath.Join(bin, tool)); err != nil {
					t.Fatal(err)
				}
			}
			s := newServer(t, shell{name: sh.name, path: bin, sh: sh.sh}, payload("true", "", nil))
			s.start()
			got := s.untilStatus(boot.StatusFailed)
			if got.Failure != "the server lacks the program base64" {
				t.Errorf("got %q", got.Failure)
			}
		},
	})
}
