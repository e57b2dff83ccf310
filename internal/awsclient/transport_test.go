package awsclient_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/musterhq/terraform-provider-muster/internal/awsclient"
)

// An answer that comes before all of the request has been read is not lost: the call
// has taken effect, and to repeat it would do so again.
func TestSession_keepsEarlyAnswers(t *testing.T) {
	t.Parallel()
	var attempts atomic.Int64
	answer := fmt.Sprintf(`{"InvalidParameters": [%q]}`, strings.Repeat("x", 64<<10))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		attempts.Add(1)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	o := withKey(server.URL, "AKIAFIRST")
	o.SkipCredentialsValidation = true
	session, err := awsclient.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	// Without what keeps them, 5 to 20 of 100 are lost.
	const calls = 100
	name := strings.Repeat("n", 64<<10)
	for range calls {
		if _, err := session.SSM().GetParameters(t.Context(), &ssm.GetParametersInput{Names: []string{name}}); err != nil {
			t.Fatal(err)
		}
	}
	if got := attempts.Load(); got != calls {
		t.Errorf("%d calls took %d attempts", calls, got)
	}
}
