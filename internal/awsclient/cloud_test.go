package awsclient_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/musterhq/terraform-provider-muster/internal/awsclient"
)

// account is that of every key in the cloud, unless the key says otherwise: a key that
// ends in 12 digits is of that account.
const account = "123456789012"

// cloud is STS, and the two services that hand out credentials to containers and
// instances. It knows every key: the secret of K is "secret-of-K", and the session
// token of a key that begins with ASIA "token-of-K". A signature that doesn't fit is
// refused, as are services and regions that the request isn't for.
type cloud struct {
	mu    sync.Mutex
	calls []call
}

// call is what a request said.
type call struct {
	Action          string
	Service, Region string
	// Key is the access key that the request is signed with.
	Key       string
	Arguments map[string]string
	UserAgent string
}

func newCloud() *cloud { return &cloud{} }

// serve returns the URL under which the cloud is on loopback.
func (c *cloud) serve(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	return server.URL
}

// seen returns the calls so far.
func (c *cloud) seen() []call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls
}

// actions returns the names and the keys of the calls so far.
func (c *cloud) actions() []string {
	var actions []string
	for _, call := range c.seen() {
		actions = append(actions, strings.TrimSpace(call.Action+" "+call.Key))
	}
	return actions
}

// ServeHTTP answers.
func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	switch r.URL.Path {
	case "/container":
		fmt.Fprint(w, credentialsDocument("ASIACONTAINER"))
	case "/latest/api/token":
		w.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "60")
		fmt.Fprint(w, "metadata-token")
	case "/latest/meta-data/iam/security-credentials/":
		fmt.Fprint(w, "role")
	case "/latest/meta-data/iam/security-credentials/role":
		fmt.Fprint(w, credentialsDocument("ASIAINSTANCE"))
	default:
		c.answer(w, r, body)
	}
}

func (c *cloud) answer(w http.ResponseWriter, r *http.Request, body []byte) {
	form, _ := url.ParseQuery(string(body))
	made := call{Action: form.Get("Action"), Arguments: make(map[string]string), UserAgent: r.UserAgent()}
	for name := range form {
		if name != "Action" && name != "Version" {
			made.Arguments[name] = form.Get(name)
		}
	}
	if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256") {
		made.Key = ""
	} else if err := made.checkSignature(r, body); err != nil {
		refuse(w, http.StatusForbidden, "SignatureDoesNotMatch", err.Error())
		return
	}
	c.mu.Lock()
	c.calls = append(c.calls, made)
	c.mu.Unlock()
	switch made.Action {
	case "GetCallerIdentity":
		fmt.Fprintf(w, "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>%s</Account></GetCallerIdentityResult></GetCallerIdentityResponse>", accountOf(made.Key))
	case "AssumeRole", "AssumeRoleWithWebIdentity":
		role := made.Arguments["RoleArn"]
		if strings.HasSuffix(role, "/forbidden") {
			refuse(w, http.StatusForbidden, "AccessDenied", "User: arn:aws:iam::123456789012:user/ci is not authorized to perform: sts:AssumeRole on resource: "+role)
			return
		}
		fmt.Fprintf(w, "<%[1]sResponse><%[1]sResult>%[2]s</%[1]sResult></%[1]sResponse>", made.Action, credentialsXML(keyOf(role)))
	default:
		fmt.Fprintf(w, "<%[1]sResponse></%[1]sResponse>", made.Action)
	}
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("X-Amzn-Requestid", "request-1")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>", code, message)
}

var scope = regexp.MustCompile(`Credential=([^/]+)/[^/]+/([^/]+)/([^/]+)/aws4_request, ?SignedHeaders=([^,]+), ?Signature=`)

// checkSignature signs the request again with what the key's secret must be.
func (c *call) checkSignature(r *http.Request, body []byte) error {
	found := scope.FindStringSubmatch(r.Header.Get("Authorization"))
	if found == nil {
		return fmt.Errorf("no signature in %q", r.Header.Get("Authorization"))
	}
	c.Key, c.Region, c.Service = found[1], found[2], found[3]
	again, err := http.NewRequestWithContext(r.Context(), r.Method, "http://"+r.Host+r.URL.Path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	for name := range strings.SplitSeq(found[4], ";") {
		if name != "host" && name != "content-length" && name != "x-amz-security-token" {
			again.Header[http.CanonicalHeaderKey(name)] = r.Header.Values(name)
		}
	}
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		return err
	}
	hash := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(r.Context(), credentialsOf(c.Key), again, hex.EncodeToString(hash[:]), c.Service, c.Region, at); err != nil {
		return err
	}
	if got, want := r.Header.Get("Authorization"), again.Header.Get("Authorization"); got != want {
		return fmt.Errorf("the signature is %s, want %s", got, want)
	}
	return nil
}

func credentialsOf(key string) aws.Credentials {
	c := aws.Credentials{AccessKeyID: key, SecretAccessKey: "secret-of-" + key}
	if strings.HasPrefix(key, "ASIA") {
		c.SessionToken = "token-of-" + key
	}
	return c
}

// keyOf returns the key that a role has in the cloud.
func keyOf(role string) string {
	return "ASIA" + strings.ToUpper(role[strings.LastIndex(role, "/")+1:])
}

func accountOf(key string) string {
	if found := regexp.MustCompile(`[0-9]{12}$`).FindString(key); found != "" {
		return found
	}
	return account
}

func credentialsXML(key string) string {
	return fmt.Sprintf("<Credentials><AccessKeyId>%[1]s</AccessKeyId><SecretAccessKey>secret-of-%[1]s</SecretAccessKey><SessionToken>token-of-%[1]s</SessionToken><Expiration>2199-01-01T00:00:00Z</Expiration></Credentials>", key)
}

func credentialsDocument(key string) string {
	return fmt.Sprintf(`{"Code": "Success", "AccessKeyId": %[1]q, "SecretAccessKey": "secret-of-%[1]s", "Token": "token-of-%[1]s", "Expiration": "2199-01-01T00:00:00Z"}`, key)
}

// withKey returns options with the key and the cloud's endpoint.
func withKey(url, key string) awsclient.Options {
	c := credentialsOf(key)
	return awsclient.Options{
		Region: "eu-central-1", AccessKey: c.AccessKeyID, SecretKey: c.SecretAccessKey, Token: c.SessionToken,
		Endpoints: map[string]string{"ec2": url, "ssm": url, "sts": url, "cloudwatch": url},
	}
}
