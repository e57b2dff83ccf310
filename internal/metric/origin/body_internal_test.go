package origin

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
)

func TestBoundedBody(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		sent string
		want error
	}{
		"nothing":             {"", nil},
		"less than may be":    {"abc", nil},
		"all that may be":     {"abcd", nil},
		"one byte too many":   {"abcde", metric.ErrMalformed},
		"far too many":        {strings.Repeat("a", 4000), metric.ErrMalformed},
		"a line and its ends": {"a\n\r\n", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for kind, reader := range map[string]io.Reader{
				"at once":                strings.NewReader(test.sent),
				"byte by byte":           iotest.OneByteReader(strings.NewReader(test.sent)),
				"with the end in a read": iotest.DataErrReader(strings.NewReader(test.sent)),
			} {
				got, err := io.ReadAll(&boundedBody{ReadCloser: io.NopCloser(reader), left: 4, max: 4})
				if test.want == nil && (err != nil || string(got) != test.sent) {
					t.Errorf("%s: got %q, %v", kind, got, err)
				}
				if test.want != nil && (!errors.Is(Describe(err), test.want) || Describe(err).Error() != "the answer has more than 4 bytes") {
					t.Errorf("%s: got %v, want %v", kind, err, test.want)
				}
			}
		})
	}
}
