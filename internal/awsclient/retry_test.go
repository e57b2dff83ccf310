package awsclient_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/musterhq/terraform-provider-muster/internal/awsclient"
)

// always answers every request alike.
func always(a answer) func(*http.Request, url.Values) answer {
	return func(*http.Request, url.Values) answer { return a }
}

func launch(ctx context.Context, session *awsclient.Session, count int32) error {
	_, err := session.EC2().RunInstances(ctx, &ec2.RunInstancesInput{MinCount: aws.Int32(1), MaxCount: &count, ClientToken: aws.String("token")})
	return err
}

func put(ctx context.Context, session *awsclient.Session) error {
	_, err := session.SSM().PutParameter(ctx, &ssm.PutParameterInput{Name: aws.String("/x"), Value: aws.String("canary")})
	return err
}

func TestSession_attempts(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	ec2Answer := func(status int, code string) answer { return answer{status: status, code: code, message: "no"} }
	runs := func(ctx context.Context, s *awsclient.Session) error { return launch(ctx, s, 1) }
	tests := map[string]struct {
		answer  answer
		options awsclient.Options
		call    func(context.Context, *awsclient.Session) error
		want    int
	}{
		"throttled":                            {answer: ec2Answer(503, "RequestLimitExceeded"), call: runs, want: 26},
		"throttled by SSM":                     {answer: ec2Answer(400, "ThrottlingException"), call: put, want: 26},
		"another write is under way":           {answer: ec2Answer(400, "TooManyUpdates"), call: put, want: 26},
		"a fault of AWS":                       {answer: ec2Answer(500, "InternalError"), call: runs, want: 26},
		"a fault of SSM":                       {answer: ec2Answer(500, "InternalServerError"), call: put, want: 26},
		"fewer retries":                        {answer: ec2Answer(503, "RequestLimitExceeded"), options: awsclient.Options{MaxRetries: 3}, call: runs, want: 4},
		"a fault of AWS, in adaptive mode":     {answer: ec2Answer(500, "InternalError"), options: awsclient.Options{RetryMode: "adaptive"}, call: runs, want: 26},
		"no capacity":                          {answer: ec2Answer(500, "InsufficientInstanceCapacity"), call: runs, want: 1},
		"no capacity, in adaptive mode":        {answer: ec2Answer(500, "InsufficientInstanceCapacity"), options: awsclient.Options{RetryMode: "adaptive"}, call: runs, want: 1},
		"no capacity, as the caller's fault":   {answer: ec2Answer(400, "InsufficientInstanceCapacity"), call: runs, want: 1},
		"no host":                              {answer: ec2Answer(500, "InsufficientHostCapacity"), call: runs, want: 1},
		"no address":                           {answer: ec2Answer(400, "InsufficientFreeAddressesInSubnet"), call: runs, want: 1},
		"a quota":                              {answer: ec2Answer(500, "VcpuLimitExceeded"), call: runs, want: 1},
		"an older quota":                       {answer: ec2Answer(500, "InstanceLimitExceeded"), call: runs, want: 1},
		"a quota of spot instances":            {answer: ec2Answer(500, "MaxSpotInstanceCountExceeded"), call: runs, want: 1},
		"a type that the zone doesn't have":    {answer: ec2Answer(500, "Unsupported"), call: runs, want: 1},
		"a token with other arguments":         {answer: ec2Answer(500, "IdempotentParameterMismatch"), call: runs, want: 1},
		"a burnt token":                        {answer: ec2Answer(500, "IdempotentInstanceTerminated"), call: runs, want: 1},
		"no permission":                        {answer: ec2Answer(403, "UnauthorizedOperation"), call: runs, want: 1},
		"a connection that breaks":             {answer: answer{err: io.ErrUnexpectedEOF}, call: runs, want: 26},
		"nobody listens":                       {answer: answer{err: refused}, call: runs, want: 5},
		"no such host":                         {answer: answer{err: &net.DNSError{Err: "no such host", Name: "x", IsNotFound: true}}, call: runs, want: 1},
		"a server that doesn't speak TLS":      {answer: answer{err: http.ErrSchemeMismatch}, call: runs, want: 1},
		"an answer that comes from a web page": {answer: answer{status: 502, body: "<html>"}, call: runs, want: 26},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newScript(t)
				s.answer = always(test.answer)
				if err := test.call(t.Context(), s.open(test.options)); err == nil {
					t.Error("the call succeeds")
				}
				if got := len(s.times()); got != test.want {
					t.Errorf("%d attempts, want %d", got, test.want)
				}
			})
		})
	}
}

// The variable with which the SDK turns to other rules changes nothing.
func TestSession_newRetries(t *testing.T) {
	t.Setenv("AWS_NEW_RETRIES_2026", "true")
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t)
		s.answer = always(answer{status: 500, code: "InternalError"})
		session := s.open(awsclient.Options{})
		for range 10 {
			if err := launch(t.Context(), session, 1); err == nil {
				t.Error("the call succeeds")
			}
		}
		// With the SDK's quota, the last calls would have one attempt each.
		if got := len(s.times()); got != 260 {
			t.Errorf("%d attempts, want 260", got)
		}
	})
}

// A call ends with its context, whatever it is waiting for, and says so.
func TestSession_deadline(t *testing.T) {
	t.Parallel()
	const patience = 90 * time.Second
	tests := map[string]struct {
		answer answer
		call   func(context.Context, *awsclient.Session) error
	}{
		"between two attempts": {
			answer: answer{status: 503, code: "RequestLimitExceeded"},
			call:   func(ctx context.Context, s *awsclient.Session) error { return launch(ctx, s, 1) },
		},
		"for the limiter": {
			answer: answer{status: 200},
			call: func(ctx context.Context, s *awsclient.Session) error {
				for {
					if err := put(ctx, s); err != nil {
						return err
					}
					if err := launch(ctx, s, 800); err != nil {
						return err
					}
				}
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newScript(t)
				s.answer = always(test.answer)
				session := s.open(awsclient.Options{})
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				begun := time.Now()
				err := test.call(ctx, session)
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("the error is %v", err)
				}
				expectError(t, err, "operation error EC2: RunInstances, no answer before the deadline")
				if took := time.Since(begun); took != patience {
					t.Errorf("the call took %s, want %s", took, patience)
				}
				if ctx.Err() == nil {
					t.Error("the context hasn't ended yet")
				}
			})
		})
	}
}

func TestSession_cancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t)
		s.answer = always(answer{status: 503, code: "RequestLimitExceeded"})
		session := s.open(awsclient.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(30*time.Second, cancel)
		err := launch(ctx, session, 1)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v", err)
		}
		expectError(t, err, "operation error EC2: RunInstances, cancelled")
	})
}
