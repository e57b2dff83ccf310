package awsclient_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/awsclient"
)

// canary is every secret in the tests of logs and errors.
const canary = "canary-7f3a"

// journal collects what is logged.
type journal struct {
	mu    sync.Mutex
	calls []awsclient.Call
}

func (j *journal) add(_ context.Context, call awsclient.Call) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.calls = append(j.calls, call)
}

// Every attempt is one entry, with the time that AWS took and without the waiting.
func TestSession_logsEveryAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, j := newScript(t), &journal{}
		answers := []answer{
			{status: 503, code: "RequestLimitExceeded", message: canary, took: 20 * time.Millisecond},
			{err: io.ErrUnexpectedEOF, took: time.Second},
			{status: 200, took: 300 * time.Millisecond, body: "<R><reservationSet><item><instancesSet><item><instanceId>" + canary + "</instanceId></item></instancesSet></item></reservationSet></R>"},
			{status: 400, code: "ParameterNotFound", message: canary},
			{status: 200, body: fmt.Sprintf(`{"Parameters": [{"Name": "/x", "Value": %q}]}`, canary)},
		}
		s.answer = func(*http.Request, url.Values) answer {
			next := answers[0]
			answers = answers[1:]
			return next
		}
		session := s.open(awsclient.Options{SecretKey: canary, AccessKey: "AKIASCRIPT", Token: canary, Log: j.add})
		if err := launchWith(t.Context(), session, canary); err != nil {
			t.Fatal(err)
		}
		if _, err := session.SSM().PutParameter(t.Context(), &ssm.PutParameterInput{Name: aws.String("/x"), Value: aws.String(canary), Type: ssmtypes.ParameterTypeSecureString}); err == nil {
			t.Error("PutParameter succeeds")
		}
		if _, err := session.SSM().GetParameters(t.Context(), &ssm.GetParametersInput{Names: []string{"/x"}}); err != nil {
			t.Error(err)
		}
		want := []awsclient.Call{
			{Service: "EC2", Operation: "RunInstances", Status: 503, RequestID: "request-1", ErrorCode: "RequestLimitExceeded", Took: 20 * time.Millisecond},
			{Service: "EC2", Operation: "RunInstances", Took: time.Second},
			{Service: "EC2", Operation: "RunInstances", Status: 200, RequestID: "request-1", Took: 300 * time.Millisecond},
			{Service: "SSM", Operation: "PutParameter", Status: 400, RequestID: "request-1", ErrorCode: "ParameterNotFound"},
			{Service: "SSM", Operation: "GetParameters", Status: 200, RequestID: "request-1"},
		}
		if diff := cmp.Diff(want, j.calls); diff != "" {
			t.Errorf("the log (-want +got):\n%s", diff)
		}
		if text := fmt.Sprintf("%+v", j.calls); strings.Contains(text, canary) {
			t.Errorf("the log has the secret: %s", text)
		}
	})
}

func launchWith(ctx context.Context, session *awsclient.Session, userData string) error {
	_, err := session.EC2().RunInstances(ctx, &ec2.RunInstancesInput{MinCount: aws.Int32(1), MaxCount: aws.Int32(1), UserData: &userData})
	return err
}

// What STS is asked is logged like everything else, and its secrets aren't.
func TestOpen_logsTheCallsForCredentials(t *testing.T) {
	t.Parallel()
	c, j := newCloud(), &journal{}
	o := withKey(c.serve(t), "AKIAFIRST")
	o.AssumeRole = []awsclient.AssumeRole{{RoleARN: hubRole}}
	o.AssumeRoleWithWebIdentity = &awsclient.AssumeRoleWithWebIdentity{RoleARN: webRole, Token: canary}
	o.Log = j.add
	if _, err := awsclient.Open(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	var operations []string
	for _, call := range j.calls {
		operations = append(operations, fmt.Sprintf("%s %s %d", call.Service, call.Operation, call.Status))
	}
	if diff := cmp.Diff([]string{"STS AssumeRoleWithWebIdentity 200", "STS AssumeRole 200", "STS GetCallerIdentity 200"}, operations); diff != "" {
		t.Errorf("the log (-want +got):\n%s", diff)
	}
	if text := fmt.Sprintf("%+v", j.calls); strings.Contains(text, canary) || strings.Contains(text, "secret-of") || strings.Contains(text, "token-of") {
		t.Errorf("the log has a secret: %s", text)
	}
}
