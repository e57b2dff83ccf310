package awsfake

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const (
	signatureAlgorithm = "AWS4-HMAC-SHA256"
	amzDate            = "20060102T150405Z"
	// clockSkew is how far a request's date may be off.
	clockSkew = 15 * time.Minute
)

// signature is what an Authorization header says.
type signature struct {
	accessKey, date, region, service string
	headers                          []string
	value                            string
}

// authenticate returns who has made the request. It recomputes the signature with the
// SDK's signer over the headers that the client says it has signed.
func (w *World) authenticate(ctx context.Context, req *request) (*principal, error) {
	header := req.http.Header.Get("Authorization")
	if header == "" {
		return nil, refusedAs(req.service, missingSignature)
	}
	s, ok := parseAuthorization(header)
	at, err := time.Parse(amzDate, req.http.Header.Get("X-Amz-Date"))
	if !ok || err != nil {
		return nil, refusedAs(req.service, incompleteSignature)
	}
	caller := w.principal(s.accessKey)
	if caller == nil {
		return nil, refusedAs(req.service, unknownKey)
	}
	if kind := w.inspect(ctx, req, s, caller, at); kind != accepted {
		return nil, refusedAs(req.service, kind)
	}
	return caller, nil
}

func (w *World) inspect(ctx context.Context, req *request, s signature, caller *principal, at time.Time) refusal {
	globalSTS := s.service == serviceSTS && s.region == "us-east-1"
	switch {
	case s.service != req.service:
		return wrongService
	case s.region != w.options.Region && !globalSTS:
		return wrongRegion
	case at.Sub(now()).Abs() > clockSkew || s.date != at.Format("20060102"):
		return skewedClock
	case req.http.Header.Get("X-Amz-Security-Token") != caller.token:
		return unknownKey
	case caller.expires(now()):
		return expiredToken
	case !s.matches(ctx, req, caller, at):
		return badSignature
	}
	return accepted
}

func parseAuthorization(header string) (signature, bool) {
	algorithm, rest, _ := strings.Cut(header, " ")
	fields := map[string]string{}
	for field := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		fields[name] = value
	}
	scope := strings.Split(fields["Credential"], "/")
	if algorithm != signatureAlgorithm || len(scope) != 5 || scope[4] != "aws4_request" {
		return signature{}, false
	}
	return signature{
		accessKey: scope[0], date: scope[1], region: scope[2], service: scope[3],
		headers: strings.Split(fields["SignedHeaders"], ";"), value: fields["Signature"],
	}, fields["Signature"] != ""
}

// matches signs the request again, with what the client has signed and nothing else.
func (s signature) matches(ctx context.Context, req *request, caller *principal, at time.Time) bool {
	target := *req.http.URL // The signer writes to it.
	again := &http.Request{Method: req.http.Method, URL: &target, Host: req.http.Host, Header: http.Header{}}
	withToken := false
	for _, name := range s.headers {
		switch name {
		case "host":
		case "content-length":
			again.ContentLength = int64(len(req.body))
		case "x-amz-security-token":
			withToken = true
		default:
			again.Header[http.CanonicalHeaderKey(name)] = req.http.Header.Values(name)
		}
	}
	hash := sha256.Sum256(req.body)
	credentials := aws.Credentials{AccessKeyID: caller.accessKey, SecretAccessKey: caller.secretKey}
	if withToken {
		credentials.SessionToken = caller.token
	}
	err := v4.NewSigner().SignHTTP(ctx, credentials, again, hex.EncodeToString(hash[:]), s.service, s.region, at)
	want, ok := parseAuthorization(again.Header.Get("Authorization"))
	return err == nil && ok && subtle.ConstantTimeCompare([]byte(want.value), []byte(s.value)) == 1
}
