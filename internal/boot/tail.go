package boot

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

const (
	// MaxTailBytes bounds the log tail that users are shown.
	MaxTailBytes = 4 << 10
	// MaxTailLines bounds the lines of the log tail that users are shown.
	MaxTailLines = 20

	// minSecretLine is the length from which a single line of a secret is hidden
	// too. Shorter ones occur everywhere.
	minSecretLine = 4

	sensitiveMark = "(sensitive)"
)

// SanitizeTail makes a log tail that came from a server fit to be shown: secrets
// are replaced by "(sensitive)", also as shells quote them in the output of
// "set -x" and also single lines of them; control characters other than newline
// and tab are removed; it is cut to its last [MaxTailLines] lines and
// [MaxTailBytes] bytes.
func SanitizeTail(text string, secrets []string) string {
	// The mark is one control character at first: no secret that remains to be
	// hidden can occur in it.
	const mark = "\x01"
	forms := secretForms(secrets)
	text = hideForms(strings.ReplaceAll(text, mark, ""), forms, mark)
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !strings.ContainsRune("\n\t"+mark, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	// What control characters had torn apart is whole now.
	text = hideForms(text, forms, mark)
	return cutTail(strings.ReplaceAll(text, mark, sensitiveMark))
}

func hideForms(text string, forms []string, mark string) string {
	for _, form := range forms {
		text = strings.ReplaceAll(text, form, mark)
	}
	return text
}

// secretForms returns the texts in which the secrets may appear: the longest
// first, because one may hold another.
func secretForms(secrets []string) []string {
	var forms []string
	add := func(text string) {
		forms = append(
			forms, text,
			strings.ReplaceAll(text, `'`, `'\''`),
			strings.ReplaceAll(text, `'`, `'"'"'`),
			ansiQuoted(text, false), ansiQuoted(text, true),
		)
	}
	for _, secret := range secrets {
		texts := []string{secret}
		if text := echoed(secret); len(text) >= minSecretLine {
			texts = append(texts, text)
		}
		for _, text := range texts {
			add(strings.TrimRight(text, "\n"))
			for line := range strings.SplitSeq(text, "\n") {
				if len(line) >= minSecretLine {
					add(line)
				}
			}
		}
	}
	forms = slices.DeleteFunc(forms, func(form string) bool { return form == "" })
	slices.SortFunc(forms, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	return slices.Compact(forms)
}

// echoed returns text as an "echo" prints it that knows the escapes of POSIX' XSI
// option, as dash's does. The escape \c ends the output.
func echoed(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			b.WriteByte(text[i])
			continue
		}
		i++
		switch at := strings.IndexByte(`abtnvfr\`, text[i]); {
		case at >= 0:
			b.WriteByte("\a\b\t\n\v\f\r\\"[at])
		case text[i] == 'c':
			return b.String()
		case text[i] >= '0' && text[i] <= '7':
			digits := octalPrefix(text[i:])
			code, _ := strconv.ParseUint(digits, 8, 32) // At most four octal digits.
			b.WriteByte(byte(code))
			i += len(digits) - 1
		default:
			b.WriteByte('\\')
			b.WriteByte(text[i])
		}
	}
	return b.String()
}

// octalPrefix returns the octal digits at the beginning: three, or four where the
// first one is 0.
func octalPrefix(text string) string {
	most := 3
	if text[0] == '0' {
		most = 4
	}
	end := 0
	for end < min(most, len(text)) && text[end] >= '0' && text[end] <= '7' {
		end++
	}
	return text[:end]
}

// ansiQuoted returns text as bash writes it between $' and ': in the C locale
// every byte above 127 is escaped too.
func ansiQuoted(text string, locale bool) string {
	const escaped = "\a\b\t\n\v\f\r\x1b\\'"
	const letters = "abtnvfrE\\'"
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		switch at := strings.IndexByte(escaped, c); {
		case at >= 0:
			b.WriteByte('\\')
			b.WriteByte(letters[at])
		case c < ' ' || c == 0x7f || c > 0x7f && !locale:
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func cutTail(text string) string {
	text = strings.TrimRight(text, "\n")
	lines := strings.Split(text, "\n")
	text = strings.Join(lines[max(0, len(lines)-MaxTailLines):], "\n")
	text = text[max(0, len(text)-MaxTailBytes):]
	// The cut may lie within a letter, and so may the end of a secret.
	return strings.ToValidUTF8(text, "")
}
