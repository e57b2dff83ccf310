//go:build linux

package local

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// runTransport runs shell text below the transport. The console log gets what
// the text prints only after the console's reader has seen the mark.
func runTransport(t *testing.T, shell, text string) (result string) {
	t.Helper()
	directory := serverDirectory(t.TempDir())
	if err := os.Mkdir(directory.run(), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(directory.path("console.log"), []byte("earlier\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), shell, "-c", "set -u\n"+transport+text)
	command.Env = []string{"PATH=" + os.Getenv("PATH"), runVariable + "=" + directory.run()}
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	console := bufio.NewReader(output)
	var printed string
	for !strings.Contains(printed, "muster: end of log") {
		line, err := console.ReadString('\n')
		printed += line
		if err != nil {
			t.Fatalf("the console ended after %q: %v", printed, err)
		}
	}
	if err := os.WriteFile(directory.path("console.log"), []byte("earlier\n"+printed+"later\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(directory.run(), "result"))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestTransport_log_holds_what_was_printed_before(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ text, want string }{
		"a whole line":           {`echo "last words"`, "earlier\nlast words\nlater\n"},
		"a line without an end":  {`printf "last words"`, "earlier\nlast words\nlater\n"},
		"nothing":                {`:`, "earlier\nlater\n"},
		"a backslash and blanks": {`printf '%s\n' '  a\\b  '`, "earlier\n  a\\\\b  \nlater\n"},
	}
	for _, shell := range []string{"dash", "bash", "busybox"} {
		for name, test := range cases {
			t.Run(shell+" "+name, func(t *testing.T) {
				t.Parallel()
				got := runTransport(t, shellPath(t, shell), test.text+"\ntransport_log | cat >$MUSTER_RUN/result")
				if got != test.want {
					t.Errorf("got %q, want %q", got, test.want)
				}
			})
		}
	}
}

// shellPath returns a program that is the shell; busybox chooses its applet by
// the name under which it is called.
func shellPath(t *testing.T, shell string) string {
	t.Helper()
	path, err := exec.LookPath(shell)
	if err != nil {
		if os.Getenv("MUSTER_REQUIRE_ALL") != "" {
			t.Fatalf("%s is not installed", shell)
		}
		t.Skipf("%s is not installed", shell)
	}
	if shell != "busybox" {
		return path
	}
	link := filepath.Join(t.TempDir(), "sh")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	return link
}
