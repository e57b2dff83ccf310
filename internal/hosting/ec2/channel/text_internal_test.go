package channel

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

func TestRawTexts(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", rawFrom)
	p := boot.Payload{Group: "web", Configuration: boot.Configuration{
		BootScript: long + "\n", UpdateScript: "short", DecommissionScript: long + "\xff",
		Parameters: map[string]boot.Parameter{"a": {Type: boot.TypeString, RequiredFor: boot.RequiredForBoot}},
	}, Parameters: map[string]string{"a": long}}
	rest, texts := rawTexts(p.Encode())
	if diff := cmp.Diff([]file{{"text.0", long}, {"text.1", long + "\n"}}, texts, cmp.AllowUnexported(file{})); diff != "" {
		t.Errorf("the texts (-want +got):\n%s", diff)
	}
	want := string(p.Encode())
	want = strings.Replace(want, "value a "+encode([]byte(long)), "value a @0:64", 1)
	want = strings.Replace(want, "boot_script "+encode([]byte(long+"\n")), "boot_script @1:65", 1)
	if diff := cmp.Diff(want, rest); diff != "" || strings.Contains(rest, encode([]byte(long))+"\n") {
		t.Errorf("the rest (-want +got):\n%s", diff)
	}
}

// testShells are the shells that are there, each with the arguments before a script.
func testShells(t testing.TB) map[string][]string {
	t.Helper()
	shells := map[string][]string{"dash": {"dash"}, "bash": {"bash"}, "busybox": {"busybox", "sh"}}
	for name := range shells {
		if _, err := exec.LookPath(name); err != nil {
			if os.Getenv("MUSTER_REQUIRE_ALL") == "1" {
				t.Fatal(err)
			}
			delete(shells, name)
		}
	}
	return shells
}

// FuzzHereDocuments sends texts through the shells: they come out byte for byte, but for
// the newline that their last line gets.
func FuzzHereDocuments(f *testing.F) {
	var every strings.Builder
	for r := rune(1); r < 0x250; r++ {
		every.WriteRune(r)
	}
	for _, seed := range []string{
		"", "END_OF_FILE", "END_OF_FILE\nEND_OF_FILE_0\n", "\n\n", "\\\n\\", "$(x)`x`${x}", "'\"'\\''", "\t\tx\r\n", "\x81\x82", "\u0081\u0082\u0088", every.String(),
		"a\\\nEND_OF_FILE\n", "\x7f\x01\x02", strings.Repeat("a long line ", 9000),
	} {
		f.Add(seed, "x")
		f.Add("# first\n", seed)
	}
	shells := testShells(f)
	f.Fuzz(func(t *testing.T, first, second string) {
		files := []file{{"a", carried(first)}, {"b", carried(second)}}
		script := "#!/bin/sh\n(\n" + hereDocuments(files) + ") && echo done\n"
		for name, shell := range shells {
			directory := t.TempDir()
			path := filepath.Join(directory, "script")
			if err := os.WriteFile(path, []byte(script), 0o600); err != nil {
				t.Fatal(err)
			}
			command := exec.CommandContext(t.Context(), shell[0], append(shell[1:], path)...)
			command.Dir = directory
			if output, err := command.CombinedOutput(); err != nil || string(output) != "done\n" {
				t.Fatalf("%s: %v\n%s", name, err, output)
			}
			for _, want := range files {
				got, err := os.ReadFile(filepath.Join(directory, want.name))
				if err != nil {
					t.Fatal(err)
				}
				if rest, ok := strings.CutPrefix(string(got), want.content); !ok || strings.Trim(rest, "\n") != "" || len(rest) > 1 {
					t.Errorf("%s: got %q, want %q", name, got, want.content)
				}
			}
		}
	})
}

// carried returns the nearest text that is carried in this way.
func carried(text string) string {
	text = strings.ReplaceAll(text, "\x00", "")
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "?")
	}
	return text
}

func TestQuote(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "a b", "it's", "'", "$(x)\n\\"} {
		for name, shell := range testShells(t) {
			output, err := exec.CommandContext(t.Context(), shell[0], append(shell[1:], "-c", "printf %s "+quote(text))...).Output()
			if err != nil || string(output) != text {
				t.Errorf("%s: got %q, %v, want %q", name, output, err, text)
			}
		}
	}
}
