package awsfake_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
)

func static(accessKey, secretKey, token string) aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider(accessKey, secretKey, token)
}

func TestSignature(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change        func(*aws.Config)
		ec2, ssm, sts string
	}{
		"right": {func(*aws.Config) {}, "", "", ""},
		"unknown key": {
			func(c *aws.Config) { c.Credentials = static("AKIASOMEBODYELSE0000", awsfake.SecretKey, "") },
			"401 AuthFailure", "400 UnrecognizedClientException", "403 InvalidClientTokenId",
		},
		"wrong secret": {
			func(c *aws.Config) { c.Credentials = static(awsfake.AccessKey, "wrong", "") },
			"401 AuthFailure", "400 InvalidSignatureException", "403 SignatureDoesNotMatch",
		},
		"a token that doesn't belong to the key": {
			func(c *aws.Config) { c.Credentials = static(awsfake.AccessKey, awsfake.SecretKey, "token") },
			"401 AuthFailure", "400 UnrecognizedClientException", "403 InvalidClientTokenId",
		},
		"another region": {
			func(c *aws.Config) { c.Region = "eu-west-1" },
			"401 AuthFailure", "400 InvalidSignatureException", "403 SignatureDoesNotMatch",
		},
		"nobody": {
			func(c *aws.Config) { c.Credentials = aws.AnonymousCredentials{} },
			"403 MissingAuthenticationToken", "400 MissingAuthenticationTokenException", "403 MissingAuthenticationToken",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
				config := once(a.Config())
				test.change(&config)
				_, err := ec2.NewFromConfig(config).DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{})
				wantRefusal(t, err, test.ec2)
				_, err = ssm.NewFromConfig(config).GetParameters(t.Context(), &ssm.GetParametersInput{Names: []string{"x"}})
				wantRefusal(t, err, test.ssm)
				_, err = sts.NewFromConfig(config).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
				wantRefusal(t, err, test.sts)
			})
		})
	}
}

// request signs a request for a list of instances by hand, for what the SDK can't do
// wrong.
func request(t *testing.T, service string, unsized bool, at time.Time) *http.Request {
	t.Helper()
	ctx := t.Context()
	body := "Action=DescribeInstances&Version=2016-11-15"
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://aws.fake/", bytes.NewBufferString(body))
	if err != nil {
		t.Fatal(err)
	}
	size := r.ContentLength
	if unsized {
		r.ContentLength = 0
	}
	hash := sha256.Sum256([]byte(body))
	keys := aws.Credentials{AccessKeyID: awsfake.AccessKey, SecretAccessKey: awsfake.SecretKey}
	if err := v4.NewSigner().SignHTTP(ctx, keys, r, hex.EncodeToString(hash[:]), service, awsfake.Region, at); err != nil {
		t.Fatal(err)
	}
	r.ContentLength = size
	return r
}

func TestSignature_requests(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		service string
		off     time.Duration
		unsized bool
		change  func(*http.Request)
		status  int
	}{
		"right":           {service: "ec2", status: 200},
		"another service": {service: "ssm", status: 401},
		"a slow clock":    {service: "ec2", off: -16 * time.Minute, status: 400},
		"a fast clock":    {service: "ec2", off: 16 * time.Minute, status: 400},
		"a clock that is good enough": {
			service: "ec2", off: -14 * time.Minute, status: 200,
		},
		"another body than was signed": {service: "ec2", status: 401, change: func(r *http.Request) {
			r.Body = io.NopCloser(bytes.NewBufferString("Action=DescribeInstancez&Version=2016-11-15"))
		}},
		"another header than was signed": {service: "ec2", status: 401, change: func(r *http.Request) { r.Host = "aws.real" }},
		"no signature":                   {service: "ec2", status: 403, change: func(r *http.Request) { r.Header.Del("Authorization") }},
		"no length signed, as curl does": {service: "ec2", unsized: true, status: 200},
		"half a signature":               {service: "ec2", status: 401, change: func(r *http.Request) { r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=x") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
				time.Sleep(24 * time.Hour) // The bubble begins at midnight.
				time.Sleep(12 * time.Hour)
				r := request(t, test.service, test.unsized, time.Now().Add(test.off))
				if test.change != nil {
					test.change(r)
				}
				response, err := a.HTTPClient().Do(r)
				if err != nil {
					t.Fatal(err)
				}
				text, _ := io.ReadAll(response.Body)
				_ = response.Body.Close()
				if response.StatusCode != test.status {
					t.Errorf("got %d, want %d: %s", response.StatusCode, test.status, text)
				}
			})
		})
	}
}
