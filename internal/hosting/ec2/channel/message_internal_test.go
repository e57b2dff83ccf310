package channel

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

func TestParseReportParameter(t *testing.T) {
	t.Parallel()
	secret := strings.Replace(report("x"), "\n", "\nsecret "+encode([]byte("output a aHVzaA==\n"))+"\n", 1)
	want := boot.Report{
		Boot: "x", Status: boot.StatusReady, Received: 3, Applied: 2,
		Outputs: map[string]string{"a": "hush"}, Sensitive: []string{"a"},
	}
	for name, message := range map[string]string{
		"secret because the parameter is": secret,
		"sealed":                          sealedReport(t, &testKeys()[0].PublicKey, "output a aHVzaA==\n"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseReportParameter(pack([]byte(message)), testKeys()[0])
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%v\n%s", err, diff)
			}
		})
	}
}

func TestParseReportParameter_refuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ value, want string }{
		"what is no base64":         {"hush!", "unpacking the report: illegal base64 data at input byte 4"},
		"what is no gzip":           {encode([]byte("hush hush hush")), "unpacking the report: gzip: invalid header"},
		"what is no message":        {pack([]byte("hush\n")), `reading the report: malformed message: it is not "muster message 1"`},
		"a message without report":  {pack([]byte(messageHeader + "key")), "reading the report: malformed message: there is no report"},
		"a message with a bad key":  {pack([]byte(messageHeader + "key aHVzaA==\nmuster report 1\n")), "reading the report: malformed message: invalid key"},
		"a message with bad base64": {pack([]byte(messageHeader + "secret hush!\nmuster report 1\n")), "reading the report: malformed message: invalid base64"},
		"a report that is cut":      {pack([]byte(messageHeader + "muster report 1\nboot x\n")), "reading the report: malformed message: the report is incomplete"},
		"too much of it":            {pack(make([]byte, maxUnpacked+1)), "unpacking the report: it is too large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := ParseReportParameter(test.value, nil); err == nil || err.Error() != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

// FuzzMessage: nothing that a server sends makes trouble, no secret is anything but an
// output, and the outputs that are secret are named.
func FuzzMessage(f *testing.F) {
	f.Add([]byte(report("x")), []byte("output a aHVzaA==\n"))
	f.Add([]byte(sealedReport(f, &testKeys()[0].PublicKey, "output a -\n")), []byte("end\n"))
	f.Add([]byte(messageHeader+"key AAAA\nsecret\nmuster report 1\nend\n"), []byte(" "))
	f.Fuzz(func(t *testing.T, content, secret []byte) {
		m, err := parseMessage(content)
		if err != nil {
			if !errors.Is(err, errMessage) {
				t.Errorf("got %v", err)
			}
			return
		}
		_, _ = m.read(testKeys()[1])
		without, err := m.readWith(nil)
		if err != nil {
			return
		}
		with, err := m.readWith(secret)
		if err != nil {
			return
		}
		for _, name := range with.Sensitive {
			if _, ok := with.Outputs[name]; !ok {
				t.Errorf("%q is no output", name)
			}
			delete(with.Outputs, name)
		}
		with.Sensitive = nil
		if len(with.Outputs) == 0 {
			with.Outputs = without.Outputs
		}
		if diff := cmp.Diff(without, with); diff != "" {
			t.Errorf("a secret has changed the report:\n%s", diff)
		}
	})
}
