package awsclient_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/awsclient"
)

// script answers requests without a network, so that it works in a bubble of
// testing/synctest.
type script struct {
	t *testing.T
	// answer decides about a request that is none of STS; nil: success.
	answer func(request *http.Request, form url.Values) answer
	// refusal is what STS answers to a web identity token; nil: credentials.
	refusal *answer
	// lifetime is that of the credentials that STS hands out.
	lifetime time.Duration

	mu sync.Mutex
	// tokens are the web identity tokens that STS was given.
	tokens   []string
	requests []sent
}

// answer is an answer of AWS; one without a status is a connection that breaks.
type answer struct {
	status        int
	code, message string
	body          string
	err           error
	// took is how long it takes.
	took time.Duration
}

// sent is a request: what it was for, and when it was sent, from the script's start.
type sent struct {
	Action string
	At     time.Duration
}

func newScript(t *testing.T) *script {
	t.Helper()
	return &script{t: t}
}

// open returns a session with a static key, unless the options say otherwise, whose
// account isn't asked for.
func (s *script) open(o awsclient.Options) *awsclient.Session {
	s.t.Helper()
	if o.AccessKey == "" && o.AssumeRoleWithWebIdentity == nil {
		o.AccessKey, o.SecretKey = "AKIASCRIPT", "secret-of-AKIASCRIPT"
	}
	o.Region, o.SkipCredentialsValidation = "eu-central-1", true
	o.HTTPClient = &http.Client{Transport: s}
	session, err := awsclient.Open(s.t.Context(), o)
	if err != nil {
		s.t.Fatal(err)
	}
	return session
}

// RoundTrip implements [http.RoundTripper].
func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body.Close()
	}
	form, _ := url.ParseQuery(string(body))
	if form.Get("Action") == "AssumeRoleWithWebIdentity" {
		return s.assume(r, form), nil
	}
	action := form.Get("Action")
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		_, action, _ = strings.Cut(target, ".")
	}
	if s.answer == nil {
		return respond(r, answer{status: http.StatusOK}, action), nil
	}
	s.mu.Lock()
	s.requests = append(s.requests, sent{Action: action, At: time.Since(s.start())})
	s.mu.Unlock()
	a := s.answer(r, form)
	time.Sleep(a.took)
	if a.status == 0 {
		return nil, a.err
	}
	return respond(r, a, action), nil
}

// start is when a bubble's clock begins.
func (*script) start() time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) }

func (s *script) assume(r *http.Request, form url.Values) *http.Response {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = append(s.tokens, form.Get("WebIdentityToken"))
	if s.refusal != nil {
		return respond(r, *s.refusal, "")
	}
	until := time.Now().Add(s.lifetime).UTC().Format(time.RFC3339)
	return respond(r, answer{status: http.StatusOK, body: "<Result><AssumeRoleWithWebIdentityResult>" +
		strings.ReplaceAll(credentialsXML("ASIASCRIPT"), "2199-01-01T00:00:00Z", until) + "</AssumeRoleWithWebIdentityResult></Result>"}, "")
}

func respond(r *http.Request, a answer, action string) *http.Response {
	body := a.body
	switch {
	case body != "":
	case r.Header.Get("X-Amz-Target") != "" && a.code != "":
		body = fmt.Sprintf(`{"__type": %q, "message": %q}`, a.code, a.message)
	case r.Header.Get("X-Amz-Target") != "":
		body = "{}"
	case a.code != "" && strings.HasPrefix(r.URL.Host, "sts."):
		body = fmt.Sprintf("<ErrorResponse><Error><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>", a.code, a.message)
	case a.code != "":
		body = fmt.Sprintf("<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>request-1</RequestID></Response>", a.code, a.message)
	default:
		body = fmt.Sprintf("<%[1]sResponse></%[1]sResponse>", action)
	}
	return &http.Response{
		StatusCode: a.status, Header: http.Header{"X-Amzn-Requestid": {"request-1"}},
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r,
	}
}

// times returns when the requests were sent.
func (s *script) times() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	var times []time.Duration
	for _, request := range s.requests {
		times = append(times, request.At)
	}
	return times
}
