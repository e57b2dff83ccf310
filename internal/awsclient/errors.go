package awsclient

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/transport/http"
)

var (
	// quoted matches what validation errors quote of the arguments, which may be a
	// secret.
	quoted = regexp.MustCompile(`(?s)[Vv]alue '.*' at '`)
	// encoded matches what only sts:DecodeAuthorizationMessage can read, a screenful.
	encoded = regexp.MustCompile(`(?s)\s*Encoded authorization failure message:.*`)
)

// callError is an error with a text for people in place of the SDK's.
type callError struct {
	text string
	err  error
}

func (e *callError) Error() string { return e.text }

func (e *callError) Unwrap() error { return e.err }

func (e *callError) short() string { return e.text }

// apiError is an answer of AWS that says no. It goes before the SDK's own, so that
// nobody gets at a message that may hold a secret.
type apiError struct {
	callError
	code, message string
	fault         smithy.ErrorFault
}

var _ smithy.APIError = (*apiError)(nil)

// ErrorCode implements [smithy.APIError].
func (e *apiError) ErrorCode() string { return e.code }

// ErrorMessage implements [smithy.APIError].
func (e *apiError) ErrorMessage() string { return e.message }

// ErrorFault implements [smithy.APIError].
func (e *apiError) ErrorFault() smithy.ErrorFault { return e.fault }

// explain shortens the error of a call with these arguments to what helps, and adds
// what to do where that is known. It wraps err.
func explain(err error, arguments any) error {
	if cancelled, ok := errors.AsType[interface {
		error
		CanceledError() bool
	}](err); ok && cancelled.CanceledError() {
		return &callError{cancelText(err), err}
	}
	if inner, ok := errors.AsType[*callError](err); ok {
		return &callError{inner.text, err}
	}
	if fault, ok := errors.AsType[smithy.APIError](err); ok {
		return newAPIError(fault, err, arguments)
	}
	return &callError{connectionText(err) + attempts(err), err}
}

func cancelText(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "no answer before the deadline"
	}
	return "cancelled"
}

func newAPIError(fault smithy.APIError, err error, arguments any) *apiError {
	message := fault.ErrorMessage()
	if put, ok := arguments.(*ssm.PutParameterInput); ok && put.Value != nil && *put.Value != "" {
		message = strings.ReplaceAll(message, *put.Value, "(sensitive)")
	}
	message = quoted.ReplaceAllString(encoded.ReplaceAllString(message, ""), "Value at '")
	if advice := adviceFor(fault.ErrorCode()); advice != "" {
		message = advice
	}
	text := fault.ErrorCode() + ": " + strings.TrimRight(message, ". ")
	if response, ok := errors.AsType[*awshttp.ResponseError](err); ok && response.RequestID != "" {
		text += " (request ID " + response.RequestID + ")"
	}
	return &apiError{
		callError: callError{text + attempts(err), err},
		code:      fault.ErrorCode(), message: message, fault: fault.ErrorFault(),
	}
}

// adviceFor returns what to say in place of AWS's own message; empty: that is fine. The
// message about a signature that doesn't match quotes the signed headers, and the
// session token is one of them.
func adviceFor(code string) string {
	switch code {
	case "SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature", "IncompleteSignatureException":
		return "the signature isn't valid: the secret key isn't that of the access key, or a proxy alters requests"
	case "ExpiredToken", "ExpiredTokenException":
		return "the credentials have expired; renew them"
	case "RequestExpired", "RequestTimeTooSkewed":
		return "this machine's clock is wrong, or the credentials have expired; set the clock, or renew them"
	case "InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "AuthFailure":
		return "AWS doesn't know these credentials: the access key is deleted, inactive or of another partition, or the session token isn't that of the key"
	case "OptInRequired":
		return "the account isn't signed up for the service; a new account may take a while"
	}
	return ""
}

// connectionText says what has gone wrong where AWS hasn't said anything.
func connectionText(err error) string {
	if garbled, ok := errors.AsType[*smithy.DeserializationError](err); ok && garbled.Err != nil {
		// Its text may quote the answer.
		return fmt.Sprintf("an answer that is none of AWS%s; is the endpoint right?", statusOf(err))
	}
	sent, ok := errors.AsType[*url.Error](err)
	if !ok {
		return innermost(err)
	}
	text := "no answer from " + hostOf(sent.URL) + ": " + sent.Err.Error()
	if _, unknown := errors.AsType[x509.UnknownAuthorityError](err); unknown {
		text += "; if that is your company's authority, give its certificate with custom_ca_bundle or AWS_CA_BUNDLE"
	}
	return text
}

func statusOf(err error) string {
	if response, ok := errors.AsType[*http.ResponseError](err); ok {
		return fmt.Sprintf(" (HTTP status %d)", response.HTTPStatusCode())
	}
	return ""
}

func hostOf(address string) string {
	if parsed, err := url.Parse(address); err == nil {
		return parsed.Host
	}
	return "the endpoint"
}

// innermost drops the SDK's account of how it got there.
func innermost(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}

func attempts(err error) string {
	if last, ok := errors.AsType[*retry.MaxAttemptsError](err); ok && last.Attempt > 1 {
		return fmt.Sprintf(", after %d attempts", last.Attempt)
	}
	return ""
}

// explainCredentials is explain for what has gone wrong in getting credentials.
func explainCredentials(doing string, err error) error {
	text := credentialsText(err)
	if doing != "" {
		text = doing + ": " + text
	}
	return &callError{text, err}
}

func credentialsText(err error) string {
	if _, ok := errors.AsType[*ssocreds.InvalidTokenError](err); ok {
		return "the SSO session has expired; log in again with: aws sso login"
	}
	if asked, ok := errors.AsType[*smithy.OperationError](err); ok && asked.ServiceID == "ec2imds" {
		return "no credentials found: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or profile in the aws block; this machine has no instance role either"
	}
	if program, ok := errors.AsType[*processcreds.ProviderError](err); ok {
		return programText(program)
	}
	return shortText(err)
}

// programText quotes nothing of what the program has printed, as the SDK does.
func programText(err error) string {
	const text = "the program that the profile names in credential_process "
	if ended, ok := errors.AsType[*exec.ExitError](err); ok {
		return text + "has failed: " + ended.Error()
	}
	return text + "can't be run, or prints no credentials; run it by hand to see"
}

// shortText returns the text of the outermost error of this package in err's tree; it
// leaves out what the SDK puts around it.
func shortText(err error) string {
	var short interface{ short() string }
	if errors.As(err, &short) {
		return short.short()
	}
	return err.Error()
}
