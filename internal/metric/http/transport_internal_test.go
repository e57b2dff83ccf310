package http

import (
	"errors"
	nethttp "net/http"
	"net/url"
	"testing"
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
			req, err := nethttp.NewRequestWithContext(t.Context(), nethttp.MethodGet, test.target, nethttp.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			choose := unlessLinkLocal(func(*nethttp.Request) (*url.URL, error) { return test.proxy, nil })
			got, err := choose(req)
			if got != test.want || !errors.Is(err, test.err) {
				t.Errorf("got %v, %v; want %v, %v", got, err, test.want, test.err)
			}
		})
	}
}
