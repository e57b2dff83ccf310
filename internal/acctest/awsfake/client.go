package awsfake

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// Endpoint says how to reach a world over the network.
type Endpoint struct {
	URL, Region          string
	AccessKey, SecretKey string
}

// Serve lets the world be reached at a loopback address until the test ends.
func (w *World) Serve(t testing.TB) Endpoint {
	t.Helper()
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	return Endpoint{
		URL: server.URL, Region: w.options.Region,
		AccessKey: w.options.AccessKey, SecretKey: w.options.SecretKey,
	}
}

// Environment returns the variables by which every AWS SDK and the AWS CLI use the
// endpoint and nothing else.
func (e Endpoint) Environment() map[string]string {
	return map[string]string{
		"AWS_ENDPOINT_URL": e.URL, "AWS_REGION": e.Region,
		"AWS_ACCESS_KEY_ID": e.AccessKey, "AWS_SECRET_ACCESS_KEY": e.SecretKey,
		"AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE":           "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
	}
}

// HTTPClient returns a client whose every address is this world. Its connections are in
// memory and end with each call, so that it can be used in a bubble of testing/synctest
// and nothing has to be closed.
func (w *World) HTTPClient() *http.Client { return &http.Client{Transport: w.Transport()} }

// Transport is what [World.HTTPClient] uses.
func (w *World) Transport() http.RoundTripper {
	return plainBodies{&http.Transport{
		DialContext:       func(context.Context, string, string) (net.Conn, error) { return w.connect(), nil },
		DisableKeepAlives: true,
	}}
}

// connect returns one end of a connection on whose other end the world answers.
func (w *World) connect() net.Conn {
	here, there := net.Pipe()
	server := &http.Server{Handler: w}
	listener := &onlyConn{conns: make(chan net.Conn, 1)}
	listener.conns <- there
	close(listener.conns)
	go func() { _ = server.Serve(listener) }()
	return here
}

// onlyConn is a listener that accepts one connection.
type onlyConn struct{ conns chan net.Conn }

func (l *onlyConn) Accept() (net.Conn, error) {
	conn, ok := <-l.conns
	if !ok {
		return nil, errors.New("there is only one connection")
	}
	return conn, nil
}

func (l *onlyConn) Close() error { return nil }

func (l *onlyConn) Addr() net.Addr { return &net.UnixAddr{Name: "awsfake", Net: "pipe"} }

// plainBodies hides what else a request's body can do. smithy-go closes a body as soon
// as the answer's header is there; its WriteTo then reports an error, and net/http
// gives up a call that has taken effect.
type plainBodies struct{ next http.RoundTripper }

func (p plainBodies) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		r = r.Clone(r.Context())
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return p.next.RoundTrip(r)
}

// Config returns the configuration of clients of the SDK that reach this world in
// memory, as the account's user. Its retries are the SDK's own.
func (w *World) Config() aws.Config { return w.ConfigOver(w.Transport()) }

// ConfigOver is Config with another transport, such as a [Mortal] one.
func (w *World) ConfigOver(transport http.RoundTripper) aws.Config {
	return aws.Config{
		Region:       w.options.Region,
		Credentials:  credentials.NewStaticCredentialsProvider(w.options.AccessKey, w.options.SecretKey, ""),
		BaseEndpoint: aws.String("http://aws.fake"),
		HTTPClient:   &http.Client{Transport: transport},
	}
}
