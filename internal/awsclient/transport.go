package awsclient

import (
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// answerTimeout is how long a request that was sent may take to be answered. The
// slowest calls of EC2 take a few seconds; without a limit, a connection that has
// silently died would hold a call until its deadline.
const answerTimeout = time.Minute

// newHTTPClient returns the SDK's client: it honours the proxies of the environment,
// and takes a CA bundle from wherever the SDK finds one.
func newHTTPClient() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithTransportOptions(func(transport *http.Transport) {
		transport.ResponseHeaderTimeout = answerTimeout
	})
}

// whole sends requests whose bodies are no more than readers. The SDK closes a body as
// soon as the answer's header is there, and its WriteTo then fails, upon which net/http
// drops the connection, and with it the rest of an answer of a call that took effect.
type whole struct{ client aws.HTTPClient }

// Do implements [aws.HTTPClient].
func (w whole) Do(request *http.Request) (*http.Response, error) {
	if request.Body != nil && request.Body != http.NoBody {
		request.Body = struct{ io.ReadCloser }{request.Body}
	}
	return w.client.Do(request)
}

// readCABundle returns the certificates in a file.
func readCABundle(path string) ([]byte, error) {
	content, err := os.ReadFile(expand(path))
	if err != nil {
		return nil, faulty("custom_ca_bundle", "can't be read: %v", err)
	}
	if !x509.NewCertPool().AppendCertsFromPEM(content) {
		return nil, faulty("custom_ca_bundle", "has no certificate in %s; it must be a file in the PEM format", path)
	}
	return content, nil
}

// expand replaces a ~ at the beginning of a path by the user's home directory.
func expand(path string) string {
	rest, found := strings.CutPrefix(path, "~")
	if !found || rest != "" && rest[0] != '/' && rest[0] != filepath.Separator {
		return path
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return path
	}
	return filepath.Join(home, rest)
}
