package channel

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// rawFrom is from how many bytes on a text of the payload lies in a file of its own on
// the instance. gzip makes a shell script in base64 about 1.7 times as large as the
// script itself: it finds fewer repetitions.
const rawFrom = 64

// file is a file of the user data.
type file struct{ name, content string }

// rawTexts takes the longer texts out of an encoded payload. What stands in their place
// is "@NUMBER:BYTES", which transport_payload resolves. A text that isn't UTF-8 stays:
// cloud-init can't carry it.
func rawTexts(payload []byte) (rest string, texts []file) {
	var b strings.Builder
	for line := range strings.Lines(string(payload)) {
		line = strings.TrimSuffix(line, "\n")
		at := strings.LastIndexByte(line, ' ') + 1
		text, err := base64.StdEncoding.DecodeString(line[at:])
		if err == nil && len(text) >= rawFrom && utf8.Valid(text) {
			texts = append(texts, file{name: "text." + strconv.Itoa(len(texts)), content: string(text)})
			line = fmt.Sprintf("%s@%d:%d", line[:at], len(texts)-1, len(text))
		}
		b.WriteString(line + "\n")
	}
	return b.String(), texts
}

// hereDocuments returns the shell text that writes the files: as quoted here-documents,
// in which every byte stands for itself. A file's last line ends in any case.
func hereDocuments(files []file) string {
	end := delimiter(files)
	var b strings.Builder
	for _, f := range files {
		fmt.Fprintf(&b, "cat >%s <<'%s' || exit\n%s", f.name, end, f.content)
		if !strings.HasSuffix(f.content, "\n") {
			b.WriteByte('\n')
		}
		b.WriteString(end + "\n")
	}
	return b.String()
}

// delimiter returns a word that is no line of any file.
func delimiter(files []file) string {
	taken := map[string]bool{}
	for _, f := range files {
		for line := range strings.Lines(f.content) {
			taken[strings.TrimSuffix(line, "\n")] = true
		}
	}
	word := "END_OF_FILE"
	for n := 0; taken[word]; n++ {
		word = "END_OF_FILE_" + strconv.Itoa(n)
	}
	return word
}

// quote returns text as a word of shell text.
func quote(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
