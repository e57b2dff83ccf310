package imds_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine/imds"
)

const (
	token    = "X-aws-ec2-metadata-token"
	lifetime = "X-aws-ec2-metadata-token-ttl-seconds"
)

// instance is the metadata and the clock of a service.
type instance struct {
	mu   sync.Mutex
	view imds.View
	at   time.Time
}

// View implements [imds.Metadata].
func (i *instance) View() imds.View {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.view
}

func (i *instance) now() time.Time {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.at
}

func (i *instance) change(do func(*instance)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	do(i)
}

func newInstance() (*instance, *imds.Service) {
	i := &instance{at: time.Unix(1700000000, 0), view: imds.View{
		InstanceID: "i-0123456789abcdef0", ImageID: "ami-1", InstanceType: "t3.micro", LaunchIndex: 7,
		Region: "eu-central-1", Zone: "eu-central-1b",
		PrivateIP: "127.1.2.3", PrivateDNS: "ip-127-1-2-3.eu-central-1.compute.internal",
		TagsEnabled: true, Tags: map[string]string{"muster.ns": "shop", "a+b": "", "z@:": "two\nlines"},
	}}
	return i, imds.New(i, []byte("#!/bin/sh\n"), i.now)
}

// ask sends a request; headers are name and value in turn.
func ask(service http.Handler, method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, http.NoBody)
	for n := 0; n+1 < len(headers); n += 2 {
		r.Header.Set(headers[n], headers[n+1])
	}
	w := httptest.NewRecorder()
	service.ServeHTTP(w, r)
	return w
}

func newToken(t *testing.T, service http.Handler, seconds string) string {
	t.Helper()
	answer := ask(service, http.MethodPut, "/latest/api/token", lifetime, seconds)
	if answer.Code != http.StatusOK {
		t.Fatalf("asking for a token: %d", answer.Code)
	}
	return answer.Body.String()
}

func TestService_items(t *testing.T) {
	t.Parallel()
	i, service := newInstance()
	i.change(func(i *instance) {
		i.view.PublicIP = "198.51.100.7"
		i.view.Role = &imds.Role{Name: "servers"}
	})
	session := newToken(t, service, "60")
	for path, want := range map[string]string{
		"/latest/":                                        "meta-data/\nuser-data",
		"/latest/user-data":                               "#!/bin/sh\n",
		"/latest/meta-data":                               "ami-id\nami-launch-index\nhostname\niam/\ninstance-id\ninstance-type\nlocal-hostname\nlocal-ipv4\nplacement/\npublic-ipv4\nservices/\ntags/",
		"/latest/meta-data/ami-id":                        "ami-1",
		"/2024-04-11/meta-data/ami-launch-index":          "7",
		"/2021-03-23/meta-data/instance-id":               "i-0123456789abcdef0",
		"/latest/meta-data/instance-type":                 "t3.micro",
		"/latest/meta-data/local-ipv4":                    "127.1.2.3",
		"/latest/meta-data/local-hostname":                "ip-127-1-2-3.eu-central-1.compute.internal",
		"/latest/meta-data/public-ipv4":                   "198.51.100.7",
		"/latest/meta-data/placement/":                    "availability-zone\nregion",
		"/latest/meta-data/placement/availability-zone":   "eu-central-1b",
		"/latest/meta-data/placement/region":              "eu-central-1",
		"/latest/meta-data/services/domain":               "amazonaws.com",
		"/latest/meta-data/tags/":                         "instance/",
		"/latest/meta-data/tags/instance":                 "a+b\nmuster.ns\nz@:",
		"/latest/meta-data/tags/instance/":                "a+b\nmuster.ns\nz@:",
		"/latest/meta-data/tags/instance/a%2Bb":           "",
		"/latest/meta-data/tags/instance/muster.ns":       "shop",
		"/latest/meta-data/tags/instance/z@:":             "two\nlines",
		"/latest/meta-data/iam/security-credentials/":     "servers",
		"/latest/meta-data/tags/instance/a+b":             "",
		"/latest/meta-data/iam/":                          "security-credentials/",
		"/2022-09-24/meta-data/tags/instance/muster%2Ens": "shop",
	} {
		got := ask(service, http.MethodGet, path, token, session)
		if got.Code != http.StatusOK || got.Body.String() != want {
			t.Errorf("%s: got %d %q, want %q", path, got.Code, got.Body, want)
		}
	}
}

func TestService_refusals(t *testing.T) {
	t.Parallel()
	const id = "/latest/meta-data/instance-id"
	for name, test := range map[string]struct {
		method, path string
		headers      []string
		change       func(*imds.View)
		want         int
	}{
		"no token":                              {path: id, want: 401},
		"an unknown token":                      {path: id, headers: []string{token, "AQAEA=="}, want: 401},
		"an empty token":                        {path: id, headers: []string{token, ""}, want: 401},
		"an unknown token where none is needed": {path: id, headers: []string{token, "x"}, change: func(v *imds.View) { v.TokensOptional = true }, want: 401},
		"no token where none is needed":         {path: id, change: func(v *imds.View) { v.TokensOptional = true }, want: 200},
		"a forwarded GET":                       {path: id, headers: []string{token, "valid", "X-Forwarded-For", "10.0.0.1"}, want: 200},
		"a valid token":                         {path: id, headers: []string{token, "valid"}, want: 200},
		"a service that is off":                 {path: id, headers: []string{token, "valid"}, change: func(v *imds.View) { v.Disabled = true }, want: 403},
		"a token of a service that is off":      {method: "PUT", path: "/latest/api/token", headers: []string{lifetime, "60"}, change: func(v *imds.View) { v.Disabled = true }, want: 403},
		"a token without a lifetime":            {method: "PUT", path: "/latest/api/token", want: 400},
		"a token for no time":                   {method: "PUT", path: "/latest/api/token", headers: []string{lifetime, "0"}, want: 400},
		"a token for too long":                  {method: "PUT", path: "/latest/api/token", headers: []string{lifetime, "21601"}, want: 400},
		"a token for a word":                    {method: "PUT", path: "/latest/api/token", headers: []string{lifetime, "1h"}, want: 400},
		"a token for six hours":                 {method: "PUT", path: "/latest/api/token", headers: []string{lifetime, "21600"}, want: 200},
		"a token of a version":                  {method: "PUT", path: "/2021-03-23/api/token", headers: []string{lifetime, "60"}, want: 403},
		"a token through a proxy":               {method: "PUT", path: "/latest/api/token", headers: []string{lifetime, "60", "X-Forwarded-For", "10.0.0.1"}, want: 403},
		"another method":                        {method: "POST", path: id, headers: []string{token, "valid"}, want: 405},
		"an unknown item":                       {path: "/latest/meta-data/kernel-id", headers: []string{token, "valid"}, want: 404},
		"an item as a category":                 {path: id + "/", headers: []string{token, "valid"}, want: 404},
		"an old version":                        {path: "/2009-04-04/meta-data/instance-id", headers: []string{token, "valid"}, want: 404},
		"no public address":                     {path: "/latest/meta-data/public-ipv4", headers: []string{token, "valid"}, want: 404},
		"an unknown tag":                        {path: "/latest/meta-data/tags/instance/muster", headers: []string{token, "valid"}, want: 404},
		"no tags":                               {path: "/latest/meta-data/tags/instance", headers: []string{token, "valid"}, change: func(v *imds.View) { v.Tags = nil }, want: 404},
		"tags that are off":                     {path: "/latest/meta-data/tags/instance/muster.ns", headers: []string{token, "valid"}, change: func(v *imds.View) { v.TagsEnabled = false }, want: 404},
		"no role":                               {path: "/latest/meta-data/iam/security-credentials/", headers: []string{token, "valid"}, want: 404},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i, service := newInstance()
			valid := newToken(t, service, "60")
			for n, value := range test.headers {
				if value == "valid" {
					test.headers[n] = valid
				}
			}
			if test.change != nil {
				i.change(func(i *instance) { test.change(&i.view) })
			}
			if test.method == "" {
				test.method = http.MethodGet
			}
			got := ask(service, test.method, test.path, test.headers...)
			if got.Code != test.want {
				t.Errorf("got %d, want %d", got.Code, test.want)
			}
			if got.Code >= 400 && (!strings.Contains(got.Body.String(), "<h1>") || got.Header().Get("Content-Type") != "text/html") {
				t.Errorf("a refusal without a page: %q", got.Body)
			}
		})
	}
}

func TestService_tokens_expire(t *testing.T) {
	t.Parallel()
	const id = "/latest/meta-data/instance-id"
	i, service := newInstance()
	short, long := newToken(t, service, "60"), newToken(t, service, "61")
	i.change(func(i *instance) { i.at = i.at.Add(time.Minute) })
	if got := ask(service, http.MethodGet, id, token, short).Code; got != 401 {
		t.Errorf("a token that has expired: %d", got)
	}
	if got := ask(service, http.MethodGet, id, token, long).Code; got != 200 {
		t.Errorf("a token that is valid: %d", got)
	}
	service.ExpireTokens()
	if got := ask(service, http.MethodGet, id, token, long).Code; got != 401 {
		t.Errorf("a token after all have expired: %d", got)
	}
	if got := ask(service, http.MethodGet, id, token, newToken(t, service, "1")).Code; got != 200 {
		t.Errorf("a token of after that: %d", got)
	}
}

func TestService_throttles(t *testing.T) {
	t.Parallel()
	_, service := newInstance()
	session := newToken(t, service, "60")
	var got []int
	few := func(n int) {
		for range n {
			got = append(got, ask(service, http.MethodGet, "/latest/meta-data/ami-id", token, session).Code)
		}
	}
	service.SetThrottle(3, http.StatusServiceUnavailable)
	few(6)
	service.SetThrottle(1, http.StatusTooManyRequests)
	few(2)
	service.SetThrottle(0, 0)
	few(2)
	if diff := cmp.Diff([]int{200, 200, 503, 200, 200, 503, 429, 429, 200, 200}, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	want := map[string]int{"PUT /latest/api/token": 1, "GET /latest/meta-data/ami-id": 10}
	if diff := cmp.Diff(want, service.Calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestService_credentials(t *testing.T) {
	t.Parallel()
	i, service := newInstance()
	credentials := imds.Credentials{
		AccessKeyID: "ASIA1", SecretAccessKey: "s/1", Token: "t+1",
		UpdatedAt: time.Unix(1700000000, 0), ExpiresAt: time.Unix(1700003600, 0),
	}
	var fault error
	i.change(func(i *instance) {
		i.view.Role = &imds.Role{Name: "servers", Credentials: func() (imds.Credentials, error) { return credentials, fault }}
	})
	session := newToken(t, service, "60")
	const path = "/latest/meta-data/iam/security-credentials/servers"
	answer := ask(service, http.MethodGet, path, token, session)
	var got map[string]string
	if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil || answer.Code != 200 {
		t.Fatalf("%d, %v", answer.Code, err)
	}
	want := map[string]string{
		"Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": "ASIA1", "SecretAccessKey": "s/1", "Token": "t+1",
		"LastUpdated": "2023-11-14T22:13:20Z", "Expiration": "2023-11-14T23:13:20Z",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("credentials (-want +got):\n%s", diff)
	}
	fault = errors.New("the role was deleted")
	if got := ask(service, http.MethodGet, path, token, session); got.Code != 500 || strings.Contains(got.Body.String(), "deleted") {
		t.Errorf("got %d %s", got.Code, got.Body)
	}
}

// What the world says counts at each request, key by key.
func TestService_asks_at_every_request(t *testing.T) {
	t.Parallel()
	i, service := newInstance()
	session := newToken(t, service, "60")
	for _, tags := range []map[string]string{{"m": "1"}, {"m": "2", "d": "x"}, {"d": "y"}} {
		i.change(func(i *instance) { i.view.Tags = tags })
		got := make(map[string]string)
		for _, key := range []string{"m", "d"} {
			if answer := ask(service, http.MethodGet, "/latest/meta-data/tags/instance/"+key, token, session); answer.Code == 200 {
				got[key] = answer.Body.String()
			}
		}
		if diff := cmp.Diff(tags, got); diff != "" {
			t.Errorf("tags (-want +got):\n%s", diff)
		}
	}
}
