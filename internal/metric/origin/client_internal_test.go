package origin

import (
	"errors"
	"net/http"
	"net/url"
	"testing"
	"time"
)

func TestUnlessLinkLocal(t *testing.T) {
	t.Parallel()
	proxy := &url.URL{Scheme: "http", Host: "proxy.example:3128"}
	tests := map[string]struct {
		target string
		proxy  *url.URL
		want   *url.URL
		err    error
	}{
		"a name goes through the proxy":      {"http://api.example/", proxy, proxy, nil},
		"an address goes through the proxy":  {"http://192.0.2.1/", proxy, proxy, nil},
		"a link-local address is refused":    {"http://169.254.169.254/", proxy, nil, errLinkLocal},
		"also in disguise":                   {"http://[::ffff:169.254.169.254]:80/", proxy, nil, errLinkLocal},
		"without a proxy the dialer decides": {"http://169.254.169.254/", nil, nil, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, test.target, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			choose := unlessLinkLocal(func(*http.Request) (*url.URL, error) { return test.proxy, nil })
			got, err := choose(req)
			if got != test.want || !errors.Is(err, test.err) {
				t.Errorf("got %v, %v; want %v, %v", got, err, test.want, test.err)
			}
		})
	}
}

// A name may resolve to anything: the address is looked at when the connection is
// made.
func TestTransport_refusesToDialLinkLocal(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		address string
		want    bool
	}{
		"a cloud's metadata":     {"169.254.169.254:80", true},
		"IPv6 link-local":        {"[fe80::1%lo]:80", true},
		"in IPv6 disguise":       {"[::ffff:169.254.169.254]:80", true},
		"behind NAT64":           {"[64:ff9b::169.254.169.254]:80", true},
		"EC2's IPv6 metadata":    {"[fd00:ec2::254]:80", true},
		"the machine itself":     {"127.0.0.1:9", false},
		"an address beside them": {"169.253.255.255:9", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := refuseLinkLocal("tcp", test.address, nil); errors.Is(err, errLinkLocal) != test.want || err != nil != test.want {
				t.Errorf("refuseLinkLocal: %v, want a refusal: %t", err, test.want)
			}
		})
	}
	t.Run("the transport asks before it connects", func(t *testing.T) {
		t.Parallel()
		_, err := Origin{Timeout: time.Second}.transport().DialContext(t.Context(), "tcp", "169.254.169.254:80")
		if !errors.Is(err, errLinkLocal) {
			t.Errorf("got %v, want %v", err, errLinkLocal)
		}
		if got := cause(err); got != errLinkLocal.Error() {
			t.Errorf("the user is told %q", got)
		}
	})
}
