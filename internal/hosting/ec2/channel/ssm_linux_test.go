package channel_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine/imds"
	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/ec2/channel"
)

// The credentials of the instances' role.
const (
	roleKey    = "ASIAEXAMPLEROLEKEY00"
	roleSecret = "role/secret+4c8e1f9b27d0"
	roleToken  = "role-session-token//9b27d04c8e1f=="
)

const parameterPath = "/muster/shop/web/abc"

// put is a request that stores a parameter.
type put struct {
	Name, Value, Type, Tier, KeyID string
	Overwrite                      bool
}

// store is SSM's Parameter Store, as far as instances use it.
type store struct {
	*httptest.Server

	mu   sync.Mutex
	puts []put
	// parameters are by "name:version".
	parameters map[string]string
	// fail is the answer to the next requests; nil: none.
	fail func() (status int, body string)
	// invalid is what was wrong with a request's signature.
	invalid error
}

func newStore(t *testing.T) *store {
	t.Helper()
	s := &store{parameters: map[string]string{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// ServeHTTP implements [http.Handler].
func (s *store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = checkSignature(r, body)
	}
	if err != nil {
		s.invalid = err
		answer(w, http.StatusBadRequest, `{"__type":"InvalidSignatureException","message":"The request signature we calculated does not match"}`)
		return
	}
	if s.fail != nil {
		status, text := s.fail()
		answer(w, status, text)
		return
	}
	switch target := r.Header.Get("X-Amz-Target"); target {
	case "AmazonSSM.PutParameter":
		s.put(w, body)
	case "AmazonSSM.GetParameter":
		s.get(w, body)
	default:
		answer(w, http.StatusBadRequest, `{"__type":"UnknownOperationException"}`)
	}
}

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func (s *store) put(w http.ResponseWriter, body []byte) {
	var request put
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&request); err != nil {
		answer(w, http.StatusBadRequest, `{"__type":"SerializationException"}`)
		return
	}
	s.puts = append(s.puts, request)
	answer(w, http.StatusOK, fmt.Sprintf(`{"Version":%d,"Tier":"Standard"}`, len(s.puts)))
}

func (s *store) get(w http.ResponseWriter, body []byte) {
	var request struct {
		Name           string
		WithDecryption bool
	}
	if err := json.Unmarshal(body, &request); err != nil || !request.WithDecryption {
		answer(w, http.StatusBadRequest, `{"__type":"ValidationException"}`)
		return
	}
	value, found := s.parameters[request.Name]
	if !found {
		answer(w, http.StatusBadRequest, `{"__type":"ParameterVersionNotFound","message":"Systems Manager could not find version"}`)
		return
	}
	encoded, _ := json.Marshal(map[string]any{"Parameter": map[string]any{"ARN": "arn:aws:ssm:::parameter", "Name": request.Name, "Type": "SecureString", "Value": value, "Version": 7}})
	answer(w, http.StatusOK, string(encoded))
}

// checkSignature signs the request as the SDK would and compares.
func checkSignature(r *http.Request, body []byte) error {
	given := r.Header.Get("Authorization")
	_, names, _ := strings.Cut(given, "SignedHeaders=")
	names, _, _ = strings.Cut(names, ",")
	for _, needed := range []string{"host", "x-amz-date", "x-amz-security-token", "x-amz-target"} {
		if !strings.Contains(";"+names+";", ";"+needed+";") {
			return fmt.Errorf("the header %s is not signed: %s", needed, names)
		}
	}
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		return err
	}
	again, err := http.NewRequestWithContext(r.Context(), r.Method, "http://"+r.Host+r.URL.RequestURI(), nil)
	if err != nil {
		return err
	}
	for name := range strings.SplitSeq(names, ";") {
		if name != "host" {
			again.Header[http.CanonicalHeaderKey(name)] = r.Header[http.CanonicalHeaderKey(name)]
		}
	}
	digest := sha256.Sum256(body)
	credentials := aws.Credentials{AccessKeyID: roleKey, SecretAccessKey: roleSecret, SessionToken: roleToken}
	if err := v4.NewSigner().SignHTTP(r.Context(), credentials, again, hex.EncodeToString(digest[:]), "ssm", "eu-central-1", at); err != nil {
		return err
	}
	if want := again.Header.Get("Authorization"); strings.ReplaceAll(want, " ", "") != strings.ReplaceAll(given, " ", "") {
		return errors.New("got " + given + ", want " + want)
	}
	return nil
}

// do calls change with the store locked.
func (s *store) do(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// newest returns the newest report that was put.
func (s *store) newest() (newest put) {
	s.do(func() {
		if len(s.puts) > 0 {
			newest = s.puts[len(s.puts)-1]
		}
	})
	return newest
}

// newSSMInstance returns an instance with a role.
func newSSMInstance(t *testing.T, sh machine.Shell, s *store, p boot.Payload) *instance {
	t.Helper()
	u := userData(p)
	u.Channel, u.SSMPath, u.SSMEndpoint, u.KMSKeyID, u.OutputKey = boot.ChannelSSM, parameterPath, s.URL, "alias/shop", nil
	i := newInstance(t, sh, u)
	i.metadata.set(func(view *imds.View) {
		view.Role = &imds.Role{Name: "web-role", Credentials: func() (imds.Credentials, error) {
			return imds.Credentials{AccessKeyID: roleKey, SecretAccessKey: roleSecret, Token: roleToken}, nil
		}}
	})
	t.Cleanup(func() {
		if s.invalid != nil {
			t.Errorf("a request's signature is wrong: %v", s.invalid)
		}
	})
	return i
}

// untilPut waits for a report in the parameter.
func (i *instance) untilPut(s *store, what string, done func(boot.Report) bool) boot.Report {
	i.t.Helper()
	var report boot.Report
	i.until(what, func() bool {
		newest := s.newest()
		if newest.Value == "" {
			return false
		}
		var err error
		if report, err = channel.ParseReportParameter(newest.Value, nil); err != nil {
			i.t.Fatal(err)
		}
		return done(report)
	})
	return report
}

func ready(r boot.Report) bool { return r.Status == boot.StatusReady }

func TestInstance_ssm(t *testing.T) {
	t.Parallel()
	inEveryShell(t, map[string]func(*testing.T, machine.Shell){
		"reports and secrets are parameters": func(t *testing.T, sh machine.Shell) {
			s := newStore(t)
			i := newSSMInstance(t, sh, s, payload(secretScript, secretParameters(), "open", "secret"))
			i.spyOnArguments()
			i.start()
			i.untilPut(s, "it waits", func(r boot.Report) bool { return len(r.Waiting) == 1 })
			value, err := channel.EncodeSecretDelivery(secretDelivery(5))
			if err != nil {
				t.Fatal(err)
			}
			// The pointer shows before the parameter's newest version can be read.
			i.tag(channel.PointerDeliveryTags(5, 7))
			i.untilLooked()
			s.do(func() { s.parameters[parameterPath+"/delivery:7"] = value })
			got := i.untilPut(s, "it is ready", ready)
			if diff := cmp.Diff(map[string]string{"open": "plain", "secret": canaryOut}, got.Outputs); diff != "" || got.Received != 5 {
				t.Errorf("the outputs (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{"secret"}, got.Sensitive); diff != "" {
				t.Errorf("the sensitive outputs (-want +got):\n%s", diff)
			}
			want := put{Name: parameterPath + "/o/3-6", Value: s.newest().Value, Type: "SecureString", Tier: "Intelligent-Tiering", KeyID: "alias/shop", Overwrite: true}
			if diff := cmp.Diff(want, s.newest()); diff != "" {
				t.Errorf("the request (-want +got):\n%s", diff)
			}
			i.checkHidden()
			if got := i.sight(); got.Report != nil && got.Report.Status == boot.StatusReady {
				t.Error("a report is on the console too")
			}
		},
		"what isn't secret is a String, and comes by tags": func(t *testing.T, sh machine.Shell) {
			s := newStore(t)
			i := newSSMInstance(t, sh, s, payload("muster param get q", parameters{"q": deferred(boot.RequiredForNothing)}))
			i.start()
			i.deliver(delivery(1, map[string]string{"q": "1"}))
			i.untilPut(s, "it is ready", ready)
			if got := s.newest(); got.Type != "String" || got.KeyID != "" {
				t.Errorf("got %+v", got)
			}
		},
		"throttling and outages are lived through": func(t *testing.T, sh machine.Shell) {
			s := newStore(t)
			failures := []func() (int, string){
				func() (int, string) {
					return http.StatusBadRequest, `{"__type":"ThrottlingException","message":"Rate exceeded"}`
				},
				func() (int, string) { return http.StatusInternalServerError, `<html>` },
			}
			s.fail = func() (int, string) {
				next := failures[0]
				if failures = failures[1:]; len(failures) == 0 {
					s.fail = nil
				}
				return next()
			}
			i := newSSMInstance(t, sh, s, payload("true", nil))
			i.start()
			i.untilPut(s, "it is ready", ready)
		},
		"what keeps it from reporting is on the console": func(t *testing.T, sh machine.Shell) {
			s := newStore(t)
			s.fail = func() (int, string) {
				return http.StatusBadRequest, `{"__type":"AccessDeniedException","Message":"User: arn:aws:sts::1:assumed-role/web is not authorized to perform: ssm:PutParameter"}`
			}
			i := newSSMInstance(t, sh, s, payload("touch ran", nil))
			i.start()
			got := i.untilStatus(boot.StatusFailed)
			want := "PutParameter in SSM: AccessDeniedException User: arn:aws:sts::1:assumed-role/web is not authorized to perform: ssm:PutParameter (HTTP status 400)"
			if got.Failure != want {
				t.Errorf("got the failure %q, want %q", got.Failure, want)
			}
			if !strings.Contains(string(i.Console()), "muster: "+want) || !strings.Contains(i.read("/var/log/muster.log"), "muster: "+want+"\n") {
				t.Error("it isn't in plain words on the console and in the log")
			}
			s.do(func() { s.fail = nil })
			i.untilPut(s, "it is ready", ready)
		},
		"a role that is missing is named": func(t *testing.T, sh machine.Shell) {
			i := newSSMInstance(t, sh, newStore(t), payload("true", nil))
			i.metadata.set(func(view *imds.View) { view.Role = nil })
			i.start()
			got := i.untilStatus(boot.StatusFailed)
			if want := "the server has no role: give the servers an instance_profile, or another channel"; got.Failure != want {
				t.Errorf("got the failure %q, want %q", got.Failure, want)
			}
		},
		"a curl that can't sign is named": func(t *testing.T, sh machine.Shell) {
			for version, ok := range map[string]bool{"7.76.1": false, "7.85.0": false, "7.86.0": true, "8.0.1-DEV": true, "6.99.9": false} {
				s := newStore(t)
				i := newSSMInstance(t, sh, s, payload("true", nil))
				i.write("/usr/local/sbin/curl", "#!/run/host/bin/dash\n[ \"$1\" != --version ] || { echo 'curl "+version+" (x86_64-pc-linux-gnu) libcurl/9.99'; exit; }\nexec /bin/curl \"$@\"\n")
				i.start()
				if ok {
					i.untilPut(s, "it is ready", ready)
					continue
				}
				got := i.untilStatus(boot.StatusFailed)
				if want := "the server's curl " + version + " can't sign requests to SSM, 7.86 or newer can"; got.Failure != want {
					t.Errorf("got the failure %q, want %q", got.Failure, want)
				}
			}
		},
		"a report that is too large is a failure that says so": func(t *testing.T, sh machine.Shell) {
			s := newStore(t)
			i := newSSMInstance(t, sh, s, payload("head -c 15000 /dev/urandom | base64 -w 0 | muster output set o", nil, "o"))
			i.start()
			got := i.untilPut(s, "it has failed", func(r boot.Report) bool { return r.Status == boot.StatusFailed })
			if !strings.HasSuffix(got.Failure, " bytes compressed, and an SSM parameter carries 8192: publish fewer or shorter outputs") {
				t.Errorf("got the failure %q", got.Failure)
			}
		},
	})
}
