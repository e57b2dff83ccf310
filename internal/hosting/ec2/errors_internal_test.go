package ec2

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/aws/smithy-go"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

func apiError(service, operation, code, message string) error {
	return &smithy.OperationError{ServiceID: service, OperationName: operation, Err: &smithy.GenericAPIError{Code: code, Message: message}}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err  error
		want string
	}{
		"no permission, of which AWS tells": {
			apiError("EC2", "RunInstances", "UnauthorizedOperation", "You are not authorized to perform this operation. User: arn:aws:iam::1:user/u is not authorized to perform: iam:PassRole on resource: arn:aws:iam::1:role/r because no identity-based policy allows the iam:PassRole action. Encoded authorization failure message: AAAA_bbbb-1"),
			"the credentials lack the permission iam:PassRole: You are not authorized to perform this operation. User: arn:aws:iam::1:user/u is not authorized to perform: iam:PassRole on resource: arn:aws:iam::1:role/r because no identity-based policy allows the iam:PassRole action",
		},
		"no permission, of which AWS doesn't tell": {
			apiError("SSM", "PutParameter", "AccessDeniedException", "no"),
			"the credentials lack the permission ssm:PutParameter: no",
		},
		"no such image": {
			apiError("EC2", "DescribeImages", "InvalidAMIID.NotFound", "The image id '[ami-1]' does not exist"),
			"there is no such image in this region, or it isn't shared with this account; correct the configuration's image: The image id '[ami-1]' does not exist",
		},
		"expired credentials": {
			apiError("EC2", "DescribeInstances", "ExpiredToken", "x"),
			"the AWS credentials have expired, or this machine's clock is wrong; renew them (for example with aws sso login) and apply again",
		},
		"throttling": {
			apiError("SSM", "GetParameters", "ThrottlingException", "Rate exceeded"),
			"AWS throttles ssm:GetParameters, also after many attempts; apply again when less goes on in the account, or raise max_retries in the provider's aws block",
		},
		"something else": {
			apiError("EC2", "CreateLaunchTemplate", "Strange", "A  thing\nhappened."),
			"ec2:CreateLaunchTemplate answers Strange: A thing happened",
		},
		"a value that AWS quotes": {
			apiError("SSM", "PutParameter", "ValidationException", "1 validation error detected: Value 'SEC\nRET' at 'value' failed"),
			"ssm:PutParameter answers ValidationException: 1 validation error detected: The value at 'value' failed",
		},
		"no answer": {
			&smithy.OperationError{ServiceID: "EC2", OperationName: "DescribeInstances", Err: &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("refused")}},
			"calling ec2:DescribeInstances: dial tcp: refused",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := explain(t.Context(), test.err)
			if got.Error() != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
			if !errors.Is(got, test.err) || errorCode(got) != errorCode(test.err) {
				t.Error("it doesn't wrap what it explains")
			}
			if again := explain(t.Context(), got); again != got { //nolint:errorlint // It is to be the same.
				t.Errorf("explained again: %q", again)
			}
			if strings.Contains(got.Error(), "RET") && strings.Contains(got.Error(), "SEC") {
				t.Errorf("it quotes the value: %q", got)
			}
		})
	}
}

func TestExplain_endedContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("the user has pressed ^C")
	cancel(cause)
	if got := explain(ctx, apiError("EC2", "RunInstances", "X", "y")); got != cause { //nolint:errorlint // It is to be the same.
		t.Errorf("got %v, want the cause", got)
	}
	if got := explain(ctx, nil); got != nil {
		t.Errorf("got %v for no error", got)
	}
}

// TestMethods_endWithTheirContext calls every method with a context that has ended.
func TestMethods_endWithTheirContext(t *testing.T) {
	t.Parallel()
	s := newOffline(nil)
	cause := errors.New("the user has pressed ^C")
	tests := map[string]func(ctx context.Context) error{
		"CreateGroup": func(ctx context.Context) error { return s.CreateGroup(ctx, fullRecord()) },
		"UpdateGroup": func(ctx context.Context) error {
			_, err := s.UpdateGroup(ctx, testRef(), func(*hosting.Group) error { return nil })
			return err
		},
		"DeleteGroup":          func(ctx context.Context) error { return s.DeleteGroup(ctx, testRef()) },
		"PutConfiguration":     func(ctx context.Context) error { return s.PutConfiguration(ctx, testConfiguration("echo")) },
		"DeleteConfigurations": func(ctx context.Context) error { return s.DeleteConfigurations(ctx, "conf", nil) },
	}
	for name, do := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(cause)
			if err := do(ctx); !errors.Is(err, cause) {
				t.Errorf("got %v, want the cause", err)
			}
		})
	}
}
