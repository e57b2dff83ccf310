package channel

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

func TestStrip(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, want string }{
		"comments, indentation and empty lines": {"#!/bin/sh\n# why\n\n\tif x; then # y\n\t\t# z\n\t\techo a\n\tfi\n", "#!/bin/sh\nif x; then # y\necho a\nfi\n"},
		"a here-document":                       {"\tcat <<'E'\n\t# text\n\n  x\n\tE\nE\n\t# gone\n", "cat <<'E'\n\t# text\n\n  x\n\tE\nE\n"},
		"a here-document with tabs":             {"\tcat <<-E\n\t\t# text\n\n\t  x\n\tE\n\t# gone\n", "cat <<-E\n# text\n\n  x\nE\n"},
		"two here-documents":                    {"a <<A <<\"B\"\n\tx\nA\n\ty\nB\n\tz\n", "a <<A <<\"B\"\n\tx\nA\n\ty\nB\nz\n"},
		"a here-document that goes on":          {"x <<-E || y\n\t1\n\tE\n\tz\n", "x <<-E || y\n1\nE\nz\n"},
		"quoted lines":                          {"x='\n\t# text\n\n'\n\ty=\"\n\t# \\\" $(a 'b')\n\"\n\t# gone\n", "x='\n\t# text\n\n'\ny=\"\n\t# \\\" $(a 'b')\n\"\n"},
		"quotes that are none":                  {"a \\' # it's\n\tb x#'\n\tc'\n\t# gone\n", "a \\' # it's\nb x#'\n\tc'\n"},
		"a here-string is none of ours":         {"x 2<&1 <y\n\tz\n", "x 2<&1 <y\nz\n"},
		"no newline at the end":                 {"\tx", "x\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, strip(test.text)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestStrip_ours compares what bash understands before and after: it prints a function
// without comments and with its own indentation, but here-documents as they are.
func TestStrip_ours(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("bash"); err != nil {
		if os.Getenv("MUSTER_REQUIRE_ALL") == "1" {
			t.Fatal(err)
		}
		t.Skip("bash is missing")
	}
	before, after, found := strings.Cut(installer, "\t# ---- files\n")
	if !found {
		t.Fatal("the installer has no place for files")
	}
	for name, text := range map[string]string{
		"the agent with all transports": boot.Agent(transport + sealing + overSSM + starting),
		"the installer":                 before + "\t:\n" + after,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, got := understood(t, text), understood(t, strip(text))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("bash understands something else (-before +after):\n%s", diff)
			}
			if lines := strings.Count(want, "\n"); lines < 10 {
				t.Errorf("bash understands only %d lines", lines)
			}
			for line := range strings.Lines(strings.TrimPrefix(strip(text), "#!")) {
				if strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "#!") {
					t.Errorf("a comment is left: %s", line)
				}
			}
		})
	}
}

// understood returns the text as bash prints it. The text is not run.
func understood(t *testing.T, text string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "bash", "-s")
	command.Stdin = strings.NewReader("f() {\n" + text + "\n}\ndeclare -f f\n")
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	return string(output)
}
