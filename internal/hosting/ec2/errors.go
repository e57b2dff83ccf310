package ec2

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// callError is what a call of AWS has come to, in a text for users.
type callError struct {
	text string
	err  error
}

// Error returns the text.
func (e *callError) Error() string { return e.text }

// Unwrap returns the SDK's error.
func (e *callError) Unwrap() error { return e.err }

// errorCode returns the API's code of an error of a call, like
// "InvalidAMIID.NotFound"; empty where the API has not answered with an error.
func errorCode(err error) string {
	if apiErr := smithy.APIError(nil); errors.As(err, &apiErr) {
		return apiErr.ErrorCode()
	}
	return ""
}

// isNotFound reports whether the API says that something doesn't exist, be it because it
// doesn't show it yet.
func isNotFound(err error) bool { return strings.Contains(errorCode(err), "NotFound") }

// explain turns the error of a call into a short text with the next step; it wraps the
// error. Where the context has ended, that is the error. nil stays nil, and what is
// explained already stays as it is.
func explain(ctx context.Context, err error) error {
	explained := (*callError)(nil)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &explained):
		return err
	}
	apiErr := smithy.APIError(nil)
	if !errors.As(err, &apiErr) {
		return &callError{text: fmt.Sprintf("calling %s: %s", operation(err), failure(err)), err: err}
	}
	return &callError{text: explainAPI(err, apiErr), err: err}
}

func explainAPI(err error, apiErr smithy.APIError) string {
	code, message := apiErr.ErrorCode(), cleanMessage(apiErr.ErrorMessage())
	for _, known := range knownErrors() {
		if slices.Contains(known.codes, code) {
			return known.text(err, message) + requestID(err)
		}
	}
	return fmt.Sprintf("%s answers %s: %s", operation(err), code, message) + requestID(err)
}

type knownError struct {
	codes []string
	text  func(err error, message string) string
}

// knownErrors are those for which the next step is known. Their codes are those of EC2, of
// SSM and of what both have in common (each API's reference, "Common Errors").
func knownErrors() []knownError {
	saying := func(text string) func(error, string) string {
		return func(_ error, message string) string { return text + ": " + message }
	}
	return []knownError{
		{[]string{"UnauthorizedOperation", "AccessDeniedException", "AccessDenied"}, deniedText},
		{[]string{"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}, func(error, string) string {
			return "the AWS credentials have expired, or this machine's clock is wrong; renew them (for example with aws sso login) and apply again"
		}},
		{[]string{"PendingVerification"}, saying("AWS still checks the account for this region; try again later")},
		{[]string{"RequestLimitExceeded", "Throttling", "ThrottlingException", "TooManyRequestsException", "RequestThrottled", "EC2ThrottledException"}, func(err error, _ string) string {
			return fmt.Sprintf("AWS throttles %s, also after many attempts; apply again when less goes on in the account, or raise max_retries in the provider's aws block", operation(err))
		}},
		{[]string{"InvalidAMIID.NotFound", "InvalidAMIID.Unavailable", "InvalidAMIID.Malformed"}, saying("there is no such image in this region, or it isn't shared with this account; correct the configuration's image")},
		{[]string{"InvalidSubnetID.NotFound", "InvalidSubnet"}, saying("correct ec2.subnet_ids")},
		{[]string{"InvalidGroup.NotFound", "InvalidSecurityGroupID.NotFound", "InvalidGroupId.Malformed"}, saying("correct ec2.security_group_ids: they must be of the subnets' VPC")},
		{[]string{"InvalidKeyPair.NotFound"}, saying("correct ec2.key_name")},
		{[]string{"InvalidInstanceType", "InvalidParameterValue.InstanceType"}, saying("correct ec2.instance_types")},
		{[]string{"InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateId.VersionNotFound", "InvalidLaunchTemplateId.Malformed"}, saying("the launch template isn't there (any more)")},
		{[]string{"ParameterLimitExceeded"}, saying("the account has no room for more SSM parameters in this region; ask AWS for a higher quota")},
		{[]string{"InvalidKeyId", "KMSInvalidStateException", "KMSAccessDeniedException"}, saying("SSM can't use the KMS key; check its state and its policy")},
	}
}

var (
	deniedAction = regexp.MustCompile(`not authorized to perform:? ([a-z0-9-]+:[A-Za-z]+)`)
	// encodedMessage is a blob for aws sts decode-authorization-message.
	encodedMessage = regexp.MustCompile(`\s*Encoded authorization failure message: \S+`)
	// quotedValue is what validation errors quote of a request: it may be a secret.
	quotedValue = regexp.MustCompile(`(?s)Value '.*' at '`)
)

func deniedText(err error, message string) string {
	permission := operation(err)
	switch found := deniedAction.FindStringSubmatch(message); {
	case found != nil:
		permission = found[1]
	case strings.Contains(message, "ciphertext refers to"):
		permission = "kms:Decrypt" // SSM says no more than that.
	}
	return fmt.Sprintf("the credentials lack the permission %s: %s", permission, message)
}

// cleanMessage leaves out what nobody can read, and what nobody may.
func cleanMessage(message string) string {
	message = encodedMessage.ReplaceAllString(message, "")
	message = quotedValue.ReplaceAllString(message, "The value at '")
	return strings.TrimSuffix(strings.Join(strings.Fields(message), " "), ".")
}

// operation names a call as IAM does, for example "ec2:RunInstances".
func operation(err error) string {
	call := (*smithy.OperationError)(nil)
	if !errors.As(err, &call) {
		return "AWS"
	}
	return strings.ToLower(call.ServiceID) + ":" + call.OperationName
}

// failure says what happened where the API has not answered.
func failure(err error) string {
	call := (*smithy.OperationError)(nil)
	if errors.As(err, &call) {
		err = call.Err
	}
	return err.Error()
}

func requestID(err error) string {
	response := (*awshttp.ResponseError)(nil)
	if errors.As(err, &response) && response.RequestID != "" {
		return fmt.Sprintf(" (request %s)", response.RequestID)
	}
	return ""
}
