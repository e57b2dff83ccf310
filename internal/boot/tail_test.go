package boot_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

func TestSanitizeTail(t *testing.T) {
	t.Parallel()
	lines := func(n int) string { return strings.TrimSuffix(strings.Repeat("line\n", n), "\n") }
	for name, test := range map[string]struct {
		text    string
		secrets []string
		want    string
	}{
		"nothing":                                    {"", nil, ""},
		"a text without secrets":                     {"one\ttab\ntwo\n", nil, "one\ttab\ntwo"},
		"a secret, wherever it is":                   {"xs3cret s3cret\ns3cret", []string{"s3cret"}, "x(sensitive) (sensitive)\n(sensitive)"},
		"an empty secret hides nothing":              {"text", []string{"", "\n"}, "text"},
		"a secret with a newline at its end":         {"is abc.", []string{"abc\n"}, "is (sensitive)."},
		"a secret that holds another":                {"abcdef abc", []string{"abc", "abcdef"}, "(sensitive) (sensitive)"},
		"a secret that occurs in the mark":           {"long s", []string{"s", "long"}, "(sensitive) (sensitive)"},
		"a secret is no expression":                  {"abc a.c", []string{"a.c"}, "abc (sensitive)"},
		"a secret of several lines":                  {"a\nb!", []string{"a\nb"}, "(sensitive)!"},
		"single lines of a secret":                   {"END\nline two\n", []string{"BEGIN\nline two\nabc"}, "END\n(sensitive)"},
		"short lines of a secret stay":               {"abc", []string{"abc\nlonger"}, "abc"},
		"a quote as bash and busybox write it":       {`+ x 'a'\''b' 'a'"'"'b'`, []string{"a'b"}, "+ x '(sensitive)' '(sensitive)'"},
		"control characters as bash writes them":     {`+ x $'a\tb\n\E\001\'\\'`, []string{"a\tb\n\x1b\x01'\\"}, "+ x $'(sensitive)'"},
		"other letters as bash writes them":          {`+ x $'\303\244\n' $'ä\n!'`, []string{"ä\n"}, "+ x $'(sensitive)\\n' $'(sensitive)\\n!'"},
		"letters as bash writes them in C":           {`+ x $'\303\244\303\266'`, []string{"äö"}, "+ x $'(sensitive)'"},
		"escapes as dash's echo prints them":         {"one\ntwo A\\ B\x02", []string{`one\ntwo \0101\\ \102\002\cthree`}, "(sensitive)"},
		"a line that dash's echo has made":           {"the line two of it", []string{`first\nline two\tlast`}, "the line two of it"},
		"a line that only dash's echo has made":      {"x line two\n", []string{`first\nline two`}, "x (sensitive)"},
		"a secret torn apart by control characters":  {"s3c\x1bret\r\n", []string{"s3cret"}, "(sensitive)"},
		"a secret that holds control characters":     {"is a\x1bb.", []string{"a\x1bb"}, "is (sensitive)."},
		"a secret that is not UTF-8":                 {"is a\xffb.", []string{"a\xffb"}, "is (sensitive)."},
		"control characters":                         {"a\x00\x01\x1b[31mb\u0085c\x7f\rd", nil, "a[31mbcd"},
		"bytes that are not UTF-8":                   {"a\xffb", nil, "a\uFFFDb"},
		"exactly as many lines as are shown":         {lines(20), nil, lines(20)},
		"more lines than are shown":                  {"first\n" + lines(20), nil, lines(20)},
		"more bytes than are shown":                  {"x" + strings.Repeat("y", boot.MaxTailBytes), nil, strings.Repeat("y", boot.MaxTailBytes)},
		"a cut within a letter":                      {"ä" + strings.Repeat("y", boot.MaxTailBytes-1), nil, strings.Repeat("y", boot.MaxTailBytes-1)},
		"a secret that the cut would have cut apart": {"s3cret" + strings.Repeat("y", boot.MaxTailBytes-1), []string{"s3cret"}, ")" + strings.Repeat("y", boot.MaxTailBytes-1)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, boot.SanitizeTail(test.text, test.secrets)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func FuzzSanitizeTail(f *testing.F) {
	f.Add("text", "secret")
	f.Add("a\xff", "\xbf")
	f.Add("+ x 'a'\\''b'\n", "a'b")
	f.Fuzz(func(t *testing.T, text, secret string) {
		got := boot.SanitizeTail(text, []string{secret})
		if len(got) > boot.MaxTailBytes || strings.Count(got, "\n") >= boot.MaxTailLines || !utf8.ValidString(got) {
			t.Errorf("got %q", got)
		}
		// The mark itself may hold a short secret.
		left := strings.ReplaceAll(got, "(sensitive)", "")
		if len(got) < boot.MaxTailBytes && len(secret) > len("(sensitive)") && strings.Contains(left, secret) && !strings.Contains(got, "(sensitive)") {
			t.Errorf("%q is in %q", secret, got)
		}
	})
}
