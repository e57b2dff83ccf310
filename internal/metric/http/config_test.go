package http_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
	"github.com/musterhq/terraform-provider-muster/internal/metric/http"
)

func TestNew_faults(t *testing.T) {
	t.Parallel()
	base := func(url string) http.Config { return http.Config{BaseURL: url} }
	at := func(names ...string) [][]string { return [][]string{names} }
	tests := map[string]struct {
		config http.Config
		want   [][]string
	}{
		"nothing":             {base(""), at("base_url")},
		"no URL":              {base("http://[::1"), at("base_url")},
		"no scheme":           {base("api.example"), at("base_url")},
		"another scheme":      {base("file:///etc/passwd"), at("base_url")},
		"a password":          {base("https://user:secret@api.example"), at("base_url")},
		"no host":             {base("http:///x"), at("base_url")},
		"only a port":         {base("http://:80/x"), at("base_url")},
		"a query string":      {base("http://api.example/?a=secret"), at("base_url")},
		"a fragment":          {base("http://api.example/#secret"), at("base_url")},
		"a climb":             {base("http://api.example/a/../secret"), at("base_url")},
		"a cloud's metadata":  {base("http://169.254.169.254/latest"), at("base_url")},
		"IPv6 link-local":     {base("http://[fe80::1]/"), at("base_url")},
		"in IPv6 disguise":    {base("http://[::ffff:169.254.169.254]/"), at("base_url")},
		"behind NAT64":        {base("http://[64:ff9b::169.254.169.254]/"), at("base_url")},
		"EC2's IPv6 metadata": {base("http://[fd00:ec2::254]/"), at("base_url")},
		"a negative timeout":  {http.Config{BaseURL: "http://a.example", Timeout: -1}, at("timeout")},
		"bad headers": {
			http.Config{BaseURL: "http://a.example", Headers: map[string]string{
				"A b": "x", "Host": "secret", "X-Token": "secret\r\nX-Other: 1", "X-Fine": "ä\tb",
			}},
			[][]string{{"headers", "A b"}, {"headers", "Host"}, {"headers", "X-Token"}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := http.New(test.config, now)
			var config *metric.ConfigError
			if !errors.As(err, &config) {
				t.Fatalf("got %v, want a ConfigError", err)
			}
			var got [][]string
			for _, fault := range config.Faults {
				got = append(got, fault.Path)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("paths (-want +got):\n%s", diff)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}
