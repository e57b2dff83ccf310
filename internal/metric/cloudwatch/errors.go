package cloudwatch

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
)

// code is the form of an error code that is fit to be shown.
var code = regexp.MustCompile(`^[A-Za-z0-9._]{1,64}$`)

// describe says why a call has failed, in words that are the same each time and tell
// no address and no identity. A message of the API may hold both, with an account ID.
func describe(err error) error {
	if err == nil {
		return nil
	}
	unavailable := func(message string) error {
		return &metric.FetchError{Kind: metric.ErrUnavailable, Message: message}
	}
	if cause := metric.NetworkCause(err); cause != "" {
		return unavailable(cause)
	}
	if service, ok := credentialsService(err); ok {
		return unavailable("no credentials: " + service + " gives none")
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return unavailable(apiCause(api.ErrorCode()))
	}
	if answer, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && answer.HTTPStatusCode() >= http.StatusBadRequest {
		return unavailable(fmt.Sprintf("status %d %s", answer.HTTPStatusCode(), http.StatusText(answer.HTTPStatusCode())))
	}
	if _, ok := errors.AsType[*smithy.DeserializationError](err); ok {
		return &metric.FetchError{Kind: metric.ErrMalformed, Message: "the answer is not one of CloudWatch"}
	}
	return unavailable("the request can't be sent; look at the credentials and the network")
}

// credentialsService returns the service that was asked for credentials, if that is
// what has failed: its call is within that of CloudWatch.
func credentialsService(err error) (string, bool) {
	call, ok := errors.AsType[*smithy.OperationError](err)
	if !ok {
		return "", false
	}
	within, ok := errors.AsType[*smithy.OperationError](call.Err)
	if !ok {
		return "", false
	}
	return within.Service(), true
}

func apiCause(name string) string {
	switch name {
	case "Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded", "RequestThrottled", "RequestThrottledException", "TooManyRequestsException":
		return "throttled by CloudWatch"
	case "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedException":
		return "access denied: the credentials need the permission cloudwatch:GetMetricData"
	case "ExpiredToken", "ExpiredTokenException", "RequestExpired":
		return "the credentials have expired"
	case "InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure", "InvalidAccessKeyId",
		"SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature", "MissingAuthenticationToken", "MissingAuthenticationTokenException":
		return "the credentials are not accepted (" + name + ")"
	}
	if !code.MatchString(name) {
		return "CloudWatch answers with an error"
	}
	return "CloudWatch answers with the error " + name
}
