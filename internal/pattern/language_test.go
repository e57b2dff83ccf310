package pattern_test

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/musterhq/terraform-provider-muster/internal/pattern"
)

func compile(t testing.TB, expressions ...string) *pattern.Language {
	t.Helper()
	l, err := pattern.Compile(expressions...)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLanguage_Beyond(t *testing.T) {
	t.Parallel()
	const address = `^(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(\.(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])){3}$`
	tests := map[string]struct {
		one, other string
		answer     pattern.Answer
		text       string
	}{
		"an expression is within itself":                       {`^v[0-9]+$`, `^v[0-9]+$`, pattern.None, ""},
		"a longer number of repetitions":                       {`^a{3,5}$`, `^a{2,6}$`, pattern.None, ""},
		"a shorter number of repetitions":                      {`^a{2,6}$`, `^a{3,5}$`, pattern.Found, "aa"},
		"everything is within the empty expression":            {`x`, ``, pattern.None, ""},
		"everything is more than something":                    {``, `^v`, pattern.Found, ""},
		"an expression matches anywhere":                       {`v`, `^v`, pattern.Found, "0v"},
		"an anchor at one end leaves the other open":           {`^v`, `^v[0-9]*$`, pattern.Found, "va"},
		"a dot doesn't match the end of a line":                {`^v`, `^v.*$`, pattern.Found, "v\n"},
		"a dot may match the end of a line":                    {`^v`, `(?s)^v.*$`, pattern.None, ""},
		"the end of a line isn't that of the text":             {`(?m)^a$`, `^a$`, pattern.Found, "a\n"},
		"the end of the text is that of a line":                {`^a$`, `(?m)^a$`, pattern.None, ""},
		"both beginnings of a text":                            {`\Aa\z`, `^a$`, pattern.None, ""},
		"cases are folded":                                     {`^[a-z]$`, `(?i)^[A-Z]$`, pattern.None, ""},
		"folding reaches beyond ASCII":                         {`(?i)^k$`, `^[kK]$`, pattern.Found, "\u212a"},
		"a word ends where a boundary is":                      {`^ab$`, `^ab\b`, pattern.None, ""},
		"inside a word there is no boundary":                   {`^ab`, `^ab\b`, pattern.Found, "ab0"},
		"no boundary at the end of nothing":                    {`^$`, `\b`, pattern.Found, ""},
		"no boundary in nothing":                               {`^$`, `\B`, pattern.None, ""},
		"letters of all languages":                             {`^\p{Greek}$`, `^\pL`, pattern.Found, "\u0375"},
		"a class and what is left":                             {`^\p{Greek}$`, `^[\p{Greek}a]$`, pattern.None, ""},
		"no text holds a surrogate":                            {`^[\x{D800}-\x{DFFF}]$`, `^x$`, pattern.None, ""},
		"two ways to write a language":                         {`^(a|b)*$`, `^(a*b*)*$`, pattern.None, ""},
		"an expression that nothing matches":                   {`a\bb`, `^x`, pattern.None, ""},
		"a counterexample that is long":                        {`^[0-9]{1,40}$`, `^[0-9]{1,39}$`, pattern.Found, strings.Repeat("0", 40)},
		"an address is made of digits and dots":                {address, `^[0-9.]+$`, pattern.None, ""},
		"not every address is private":                         {address, `^10\.`, pattern.Found, "0.0.0.0"},
		"lazy repetitions accept the same":                     {`^a*?$`, `^a*$`, pattern.None, ""},
		"as many states as there are subsets":                  {`^(a|b)*a(a|b){40}$`, `^(a|b)*b(a|b){40}$`, pattern.Unknown, ""},
		"many states before a difference that is found":        {`^(a|b)*a(a|b){9}$`, `^b`, pattern.Found, strings.Repeat("a", 10)},
		"large expressions with little to do":                  {`^[a-z0-9-]{1,900}$`, `^[a-z0-9-]{0,999}$`, pattern.None, ""},
		"a captured group":                                     {`^(?P<name>a)$`, `^a$`, pattern.None, ""},
		"an assertion in the middle is about both sides":       {`a(?m:$)\nb`, `a\nb`, pattern.None, ""},
		"a NUL byte is a rune like others, and the last tried": {`^[^a]$`, `^[^a\x00]$`, pattern.Found, "\x00"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, answer := compile(t, test.one).Beyond(compile(t, test.other))
			if text != test.text || answer != test.answer {
				t.Errorf("got %s %q, want %s %q", answer, text, test.answer, test.text)
			}
		})
	}
}

func TestLanguage_Common(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		one, other string
		answer     pattern.Answer
		text       string
	}{
		"nothing is in both":              {`^[0-9]+$`, `^v`, pattern.None, ""},
		"a shortest text that is in both": {`^[0-9]+$`, `00`, pattern.Found, "00"},
		"two that match anywhere":         {`a`, `b`, pattern.Found, "ab"},
		"the empty text":                  {`^a*$`, `^b*$`, pattern.Found, ""},
		"a boundary where there is none":  {`^ab$`, `a\bb`, pattern.None, ""},
		"too much to look through":        {`^(a|b)*a(a|b){40}$`, `^(a|b)*b(a|b){39}c`, pattern.Unknown, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, answer := compile(t, test.one).Common(compile(t, test.other))
			if text != test.text || answer != test.answer {
				t.Errorf("got %s %q, want %s %q", answer, text, test.answer, test.text)
			}
		})
	}
}

// A language of several expressions holds what all of them accept.
func TestCompile_several(t *testing.T) {
	t.Parallel()
	digits, short, all := compile(t, `^[0-9]*$`, `^.{2,3}$`), compile(t, `^[0-9]{2,3}$`), compile(t)
	for name, pair := range map[string][2]*pattern.Language{
		"within the one": {digits, short}, "and the other way round": {short, digits}, "within all texts": {all, all},
	} {
		if text, answer := pair[0].Beyond(pair[1]); answer != pattern.None {
			t.Errorf("%s: got %s %q, want none", name, answer, text)
		}
	}
	if text, answer := all.Beyond(digits); answer != pattern.Found || text != "" {
		t.Errorf("all texts are beyond some: got %s %q", answer, text)
	}
	if text, answer := compile(t, `^0`).Beyond(digits); answer != pattern.Found || text != "0" {
		t.Errorf("one of the expressions is enough to refuse a text: got %s %q", answer, text)
	}
	if text, answer := all.Common(all); answer != pattern.Found || text != "" {
		t.Errorf("all texts have the empty one in common: got %s %q", answer, text)
	}
}

func TestCompile_refused(t *testing.T) {
	t.Parallel()
	if _, err := pattern.Compile(`a`, `(`); err == nil || !strings.Contains(err.Error(), "missing closing )") {
		t.Errorf("got %v", err)
	}
}

// The texts of up to five runes of an alphabet in which each kind of rune occurs that an
// assertion tells from others.
func shortTexts() []string {
	texts, longest := []string{""}, []string{""}
	for range 5 {
		var longer []string
		for _, text := range longest {
			for _, next := range []string{"a", "b", "\n", " "} {
				longer = append(longer, text+next)
			}
		}
		texts, longest = append(texts, longer...), longer
	}
	return texts
}

// expression returns a random expression whose subexpressions are nested that deep.
func expression(random *rand.Rand, depth int) string {
	if depth == 0 {
		leaves := []string{"a", "b", "a", "b", ".", `\n`, " ", "[^a]", `\w`, `\s`, "^", "$", `\A`, `\z`, `\b`, `\B`, "(?m:^)", "(?m:$)", "(?s:.)", "(?i:A)"}
		return leaves[random.IntN(len(leaves))]
	}
	one, other := expression(random, depth-1), expression(random, depth-1)
	switch random.IntN(6) {
	case 0:
		return "(?:" + one + "|" + other + ")"
	case 1:
		return "(?:" + one + ")*"
	case 2:
		return "(?:" + one + ")?" + other
	case 3:
		return "(?:" + one + "){1,2}"
	default:
		return one + other
	}
}

// Random expressions, mostly anchored, are compared over all short texts.
func TestLanguage_agreesWithRegexp(t *testing.T) {
	t.Parallel()
	texts := shortTexts()
	random := rand.New(rand.NewPCG(1, 2))
	answers := make(map[pattern.Answer]int)
	for range 1000 {
		one, other := expression(random, random.IntN(4)), expression(random, random.IntN(4))
		if random.IntN(3) > 0 {
			one = "^(?:" + one + ")$"
		}
		if random.IntN(3) > 0 {
			other = "^(?:" + other + ")$"
		}
		answers[expectAgreement(t, one, other, texts)]++
	}
	if answers[pattern.None] < 100 || answers[pattern.Found] < 100 {
		t.Errorf("the answers are too much alike to say anything: %v", answers)
	}
}

// expectAgreement holds the answers for two expressions against package regexp, also
// whether there are shorter texts among those given, which begin with the shortest.
func expectAgreement(t *testing.T, one, other string, texts []string) pattern.Answer {
	t.Helper()
	first, second := regexp.MustCompile(one), regexp.MustCompile(other)
	text, answer := compile(t, one).Beyond(compile(t, other))
	expectShortest(t, one+" beyond "+other, text, answer, texts, func(s string) bool { return first.MatchString(s) && !second.MatchString(s) })
	common, both := compile(t, one).Common(compile(t, other))
	expectShortest(t, one+" and "+other, common, both, texts, func(s string) bool { return first.MatchString(s) && second.MatchString(s) })
	return answer
}

func expectShortest(t *testing.T, what, text string, answer pattern.Answer, texts []string, wanted func(string) bool) {
	t.Helper()
	if answer == pattern.Unknown {
		return
	}
	if answer == pattern.Found && (!wanted(text) || !utf8.ValidString(text)) {
		t.Errorf("%q: %q isn't such a text", what, text)
	}
	for _, candidate := range texts {
		if answer == pattern.Found && utf8.RuneCountInString(candidate) >= utf8.RuneCountInString(text) {
			return
		}
		if wanted(candidate) {
			t.Errorf("%q: got %s %q, and there is %q", what, answer, text, candidate)
			return
		}
	}
}

// FuzzLanguage holds arbitrary expressions against package regexp over arbitrary texts.
func FuzzLanguage(f *testing.F) {
	f.Add(`^v[0-9]+$`, `^v`, "v1")
	f.Add(`(?i)k`, `(?m)^a$`, "a\nK")
	f.Add(`\bfoo\B|\pL{2,}`, `(a|b)*a(a|b){3}`, "\xff\u212a")
	f.Fuzz(func(t *testing.T, one, other, text string) {
		if len(one) > 40 || len(other) > 40 {
			t.Skip("large expressions take long and say no more")
		}
		for _, expression := range []string{one, other} {
			if _, err := regexp.Compile(expression); err != nil {
				t.Skip("no expression")
			}
		}
		texts := []string{"", "a", "0", " ", "\n", "ä", "a\n", "\na", " a", "a ", strings.ToValidUTF8(text, "\ufffd")}
		expectAgreement(t, one, other, texts)
	})
}

func BenchmarkLanguage_Beyond(b *testing.B) {
	for name, pair := range map[string][2]string{
		"versions":  {`^v[0-9]+\.[0-9]+\.[0-9]+$`, `^v[0-9.]+$`},
		"host-name": {`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`, `^[a-z0-9-]{1,63}$`},
		"unicode":   {`^\pL+$`, `^[\pL\pN]+$`},
		"too-large": {`^(a|b)*a(a|b){40}$`, `^(a|b)*b(a|b){40}$`},
	} {
		b.Run(name, func(b *testing.B) {
			one, other := compile(b, pair[0]), compile(b, pair[1])
			b.ReportAllocs()
			for b.Loop() {
				one.Beyond(other)
			}
		})
	}
}
