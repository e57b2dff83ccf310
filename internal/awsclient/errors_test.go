package awsclient_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/smithy-go"

	"github.com/musterhq/terraform-provider-muster/internal/awsclient"
)

// Every way in which a session can't be opened, as a user reads it.
//
//nolint:paralleltest // It sets environment variables.
func TestOpen_errors(t *testing.T) {
	key := func(_ *testing.T, s *surroundings) {
		s.options.AccessKey, s.options.SecretKey = "AKIAFIRST", "secret-of-AKIAFIRST"
	}
	all := func(sets ...func(*testing.T, *surroundings)) func(*testing.T, *surroundings) {
		return func(t *testing.T, s *surroundings) {
			t.Helper()
			for _, set := range sets {
				set(t, s)
			}
		}
	}
	profile := func(lines ...string) func(*testing.T, *surroundings) {
		return func(_ *testing.T, s *surroundings) { s.addProfile("default", lines...) }
	}
	tests := map[string]struct {
		set  func(t *testing.T, s *surroundings)
		want string
	}{
		"no credentials": {
			set:  variables(),
			want: "checking the credentials: no credentials found: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or profile in the aws block; this machine has no instance role either",
		},
		"no region": {
			set:  all(key, func(_ *testing.T, s *surroundings) { s.options.Region = "" }),
			want: "region is not set; set it, or AWS_REGION, or the region of the profile",
		},
		"a profile that there isn't": {
			set:  func(_ *testing.T, s *surroundings) { s.options.Profile = "prod" },
			want: `profile is "prod", and the shared files have no such profile; list those that there are with: aws configure list-profiles`,
		},
		"a profile of the environment that there isn't": {
			set:  variables("AWS_PROFILE", "prod"),
			want: `AWS_PROFILE is "prod", and the shared files have no such profile; list those that there are with: aws configure list-profiles`,
		},
		"a profile that asks for a code": {
			set:  profile("role_arn = "+hubRole, "source_profile = default", "aws_access_key_id = A", "aws_secret_access_key = "+canary, "mfa_serial = x"),
			want: "the profile asks for an MFA code, and Terraform can't; get a session with: aws sts get-session-token, and pass it on in environment variables",
		},
		"a profile whose program fails": {
			set:  profile("credential_process = sh -c 'echo " + canary + "; exit 3'"),
			want: "checking the credentials: the program that the profile names in credential_process has failed: exit status 3",
		},
		"a profile whose program prints something else": {
			set:  profile("credential_process = sh -c 'echo {" + canary + "'"),
			want: "checking the credentials: the program that the profile names in credential_process can't be run, or prints no credentials; run it by hand to see",
		},
		"a profile that leads to one that there isn't": {
			set:  profile("role_arn = "+hubRole, "source_profile = prod"),
			want: `the profile leads to another one, "prod", and the shared files have no such profile; list those that there are with: aws configure list-profiles`,
		},
		"a file that can't be read": {
			set:  func(_ *testing.T, s *surroundings) { s.options.SharedCredentialsFiles = []string{"/dev"} },
			want: "reading the environment and the shared files: read all: read /dev: is a directory",
		},
		"a profile whose SSO session has ended": {
			set:  profile("sso_start_url = https://x.awsapps.com/start", "sso_region = eu-west-1", "sso_account_id = "+account, "sso_role_name = x"),
			want: "checking the credentials: the SSO session has expired; log in again with: aws sso login",
		},
		"a token file of the environment that there isn't": {
			set:  variables("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere", "AWS_ROLE_ARN", webRole),
			want: "checking the credentials: reading the web identity token: open /nowhere: no such file or directory",
		},
		"a token file that there isn't": {
			set: func(_ *testing.T, s *surroundings) {
				s.options.AssumeRoleWithWebIdentity = &awsclient.AssumeRoleWithWebIdentity{RoleARN: webRole, TokenFile: "/nowhere"}
			},
			want: "checking the credentials: assuming the role " + webRole + " with a web identity token: reading the web identity token: open /nowhere: no such file or directory",
		},
		"a role that isn't allowed": {
			set: all(key, func(_ *testing.T, s *surroundings) {
				s.options.AssumeRole = []awsclient.AssumeRole{{RoleARN: hubRole}, {RoleARN: "arn:aws:iam::123456789012:role/forbidden"}}
			}),
			want: "checking the credentials: assuming the role arn:aws:iam::123456789012:role/forbidden: AccessDenied: " +
				"User: arn:aws:iam::123456789012:user/ci is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/forbidden (request ID request-1)",
		},
		"another secret key": {
			set: func(_ *testing.T, s *surroundings) {
				s.options.AccessKey, s.options.SecretKey, s.options.Token = "ASIAFIRST", canary, "token-of-ASIAFIRST"
			},
			want: "checking the credentials: SignatureDoesNotMatch: the signature isn't valid: the secret key isn't that of the access key, or a proxy alters requests (request ID request-1)",
		},
		"an endpoint where nobody listens": {
			set: all(key, func(t *testing.T, s *surroundings) {
				listener, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				listener.Close()
				s.options.Endpoints["sts"] = "http://" + listener.Addr().String()
				s.options.MaxRetries = 1
			}),
			want: "checking the credentials: no answer from ADDRESS: dial tcp ADDRESS: connect: connection refused, after 2 attempts",
		},
		"an endpoint that is a web page": {
			set: all(key, func(t *testing.T, s *surroundings) {
				page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>"+canary) }))
				t.Cleanup(page.Close)
				s.options.Endpoints["sts"] = page.URL
			}),
			want: "checking the credentials: an answer that is none of AWS (HTTP status 200); is the endpoint right?",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newSurroundings(t)
			s.options.Region = "eu-central-1"
			test.set(t, s)
			_, err := s.tryOpen(t)
			if err == nil {
				t.Fatal("the session opens")
			}
			t.Log(err)
			address := strings.TrimPrefix(s.options.Endpoints["sts"], "http://")
			expectError(t, err, strings.ReplaceAll(test.want, "ADDRESS", address))
			for _, secret := range []string{canary, "secret-of", "token-of"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error has the secret %s", secret)
				}
			}
		})
	}
}

// What a call says that has failed.
func TestSession_errors(t *testing.T) {
	t.Parallel()
	runs := func(ctx context.Context, s *awsclient.Session) error { return launch(ctx, s, 1) }
	puts := func(ctx context.Context, s *awsclient.Session) error {
		_, err := s.SSM().PutParameter(ctx, &ssm.PutParameterInput{Name: aws.String("/x"), Value: aws.String(canary)})
		return err
	}
	tests := map[string]struct {
		answer answer
		call   func(context.Context, *awsclient.Session) error
		want   string
		code   string
	}{
		"no permission": {
			answer: answer{status: 403, code: "UnauthorizedOperation", message: "You are not authorized to perform this operation. User: arn:aws:iam::123456789012:user/ci is not authorized to perform: ec2:RunInstances. Encoded authorization failure message: c3Vja\nQ"},
			call:   runs, code: "UnauthorizedOperation",
			want: "operation error EC2: RunInstances, UnauthorizedOperation: You are not authorized to perform this operation. User: arn:aws:iam::123456789012:user/ci is not authorized to perform: ec2:RunInstances (request ID request-1)",
		},
		"throttled to the end": {
			answer: answer{status: 503, code: "RequestLimitExceeded", message: "Request limit exceeded."}, call: runs, code: "RequestLimitExceeded",
			want: "operation error EC2: RunInstances, RequestLimitExceeded: Request limit exceeded (request ID request-1), after 26 attempts",
		},
		"credentials that have ended": {
			answer: answer{status: 400, code: "RequestExpired", message: "Request has expired."}, call: runs, code: "RequestExpired",
			want: "operation error EC2: RunInstances, RequestExpired: this machine's clock is wrong, or the credentials have expired; set the clock, or renew them (request ID request-1)",
		},
		"credentials that have ended, for SSM": {
			answer: answer{status: 400, code: "ExpiredTokenException", message: "The security token included in the request is expired"}, call: puts, code: "ExpiredTokenException",
			want: "operation error SSM: PutParameter, ExpiredTokenException: the credentials have expired; renew them (request ID request-1)",
		},
		"unknown credentials": {
			answer: answer{status: 401, code: "AuthFailure", message: "AWS was not able to validate the provided access credentials"}, call: runs, code: "AuthFailure",
			want: "operation error EC2: RunInstances, AuthFailure: AWS doesn't know these credentials: the access key is deleted, inactive or of another partition, or the session token isn't that of the key (request ID request-1)",
		},
		"a signature that doesn't fit": {
			answer: answer{status: 400, code: "InvalidSignatureException", message: "The Canonical String for this request should have been\\n'POST\\nx-amz-security-token:" + canary}, call: puts, code: "InvalidSignatureException",
			want: "operation error SSM: PutParameter, InvalidSignatureException: the signature isn't valid: the secret key isn't that of the access key, or a proxy alters requests (request ID request-1)",
		},
		"a value that is refused": {
			answer: answer{status: 400, code: "ValidationException", message: "1 validation error detected: Value '" + canary[:8] + "...' at 'value' failed to satisfy constraint: Member must have length less than or equal to 8192"}, call: puts, code: "ValidationException",
			want: "operation error SSM: PutParameter, ValidationException: 1 validation error detected: Value at 'value' failed to satisfy constraint: Member must have length less than or equal to 8192 (request ID request-1)",
		},
		"a value that is quoted": {
			answer: answer{status: 400, code: "ParameterPatternMismatchException", message: "Parameter value, " + canary + ", doesn't match."}, call: puts, code: "ParameterPatternMismatchException",
			want: "operation error SSM: PutParameter, ParameterPatternMismatchException: Parameter value, (sensitive), doesn't match (request ID request-1)",
		},
		"a connection that breaks": {
			answer: answer{err: io.ErrUnexpectedEOF}, call: runs,
			want: "operation error EC2: RunInstances, no answer from ec2.eu-central-1.amazonaws.com: unexpected EOF, after 26 attempts",
		},
		"nobody listens": {
			answer: answer{err: &net.OpError{Op: "dial", Net: "tcp", Err: os.ErrDeadlineExceeded}}, call: runs,
			want: "operation error EC2: RunInstances, no answer from ec2.eu-central-1.amazonaws.com: dial tcp: i/o timeout, after 5 attempts",
		},
		"a garbled answer": {
			answer: answer{status: 200, body: `{"Version": ` + canary}, call: puts,
			want: "operation error SSM: PutParameter, an answer that is none of AWS (HTTP status 200); is the endpoint right?",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newScript(t)
				s.answer = always(test.answer)
				err := test.call(t.Context(), s.open(awsclient.Options{}))
				t.Log(err)
				expectError(t, err, test.want)
				if strings.Contains(err.Error(), canary[:8]) {
					t.Error("the error has the secret")
				}
				fault, ok := errors.AsType[smithy.APIError](err)
				if ok != (test.code != "") || ok && fault.ErrorCode() != test.code {
					t.Errorf("the API's error is %v, want the code %q", fault, test.code)
				}
				if ok && strings.Contains(fault.ErrorMessage(), canary[:8]) {
					t.Error("the message has the secret")
				}
			})
		})
	}
}

// Callers tell errors apart by their types, as ever.
func TestSession_errorsKeepTheirTypes(t *testing.T) {
	t.Parallel()
	s := newScript(t)
	s.answer = always(answer{status: 400, code: "ParameterAlreadyExists", message: "The parameter already exists."})
	session := s.open(awsclient.Options{})
	if _, ok := errors.AsType[*ssmtypes.ParameterAlreadyExists](put(t.Context(), session)); !ok {
		t.Error("the error of SSM isn't a ParameterAlreadyExists")
	}
	_, err := session.EC2().DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{})
	if operation, ok := errors.AsType[*smithy.OperationError](err); !ok || operation.Operation() != "DescribeInstances" {
		t.Errorf("the error of EC2 is %v", err)
	}
}
