package awsclient

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
)

const (
	// defaultRetries is how often a call is tried again. With the backoff it goes on
	// for about 7 minutes; a deadline of the caller comes first.
	defaultRetries = 25
	maxBackoff     = 20 * time.Second
	// connects is how many attempts are made to connect before the call fails: where
	// nothing listens, or nothing answers, a mistake is likelier than an outage.
	connects = 5
)

// newRetryer returns how calls are retried. Everything on which the SDK's default
// depends that a user might not know is set here, so that AWS_NEW_RETRIES_2026 has no
// say in it.
func newRetryer(attempts int, mode aws.RetryMode) aws.Retryer {
	standard := func(o *retry.StandardOptions) {
		o.MaxAttempts = attempts
		o.MaxBackoff = maxBackoff
		o.Backoff = retry.NewExponentialJitterBackoff(maxBackoff)
		// The SDK's quota lets calls fail that are throttled together. They wait for
		// the limiter here.
		o.RateLimiter = ratelimit.None
		// The first check that knows an answer decides.
		o.Retryables = append([]retry.IsErrorRetryable{retry.IsErrorRetryableFunc(retryable)}, o.Retryables...)
	}
	if mode == aws.RetryModeAdaptive {
		return &retryer{retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
			o.StandardOptions = append(o.StandardOptions, standard)
		})}
	}
	return &retryer{retry.NewStandard(standard)}
}

// retryer is the SDK's, but that it gives up early where there is no connection.
type retryer struct{ aws.RetryerV2 }

// RetryDelay implements [aws.Retryer].
func (r *retryer) RetryDelay(attempt int, err error) (time.Duration, error) {
	if failed, ok := errors.AsType[*net.OpError](err); ok && attempt >= connects && (failed.Op == "dial" || failed.Op == "proxyconnect") {
		return 0, &retry.MaxAttemptsError{Attempt: attempt, Err: err}
	}
	delay, backoffErr := r.RetryerV2.RetryDelay(attempt, err)
	if backoffErr != nil {
		return 0, fmt.Errorf("choosing a time to wait: %w", backoffErr)
	}
	return delay, nil
}

// retryable decides about what AWS marks as its own fault and what no repetition
// changes, and about what it marks as the caller's fault and a repetition mends.
func retryable(err error) aws.Ternary {
	if mistrusted(err) {
		return aws.FalseTernary
	}
	fault, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return aws.UnknownTernary
	}
	code := fault.ErrorCode()
	switch code {
	case "TooManyUpdates": // SSM: another write to the same parameter is under way.
		return aws.TrueTernary
	case "VcpuLimitExceeded", "InstanceLimitExceeded", "MaxSpotInstanceCountExceeded", "SpotMaxPriceTooLow", "UnfulfillableCapacity",
		"ReservationCapacityExceeded", "Unsupported", "UnsupportedHostConfiguration", "IdempotentParameterMismatch", "IdempotentInstanceTerminated":
		return aws.FalseTernary
	}
	// InsufficientInstanceCapacity and its like come with HTTP status 500.
	if strings.HasPrefix(code, "Insufficient") {
		return aws.FalseTernary
	}
	return aws.UnknownTernary
}

// mistrusted reports whether whoever answers isn't who was meant, or doesn't speak TLS.
func mistrusted(err error) bool {
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, record := errors.AsType[tls.RecordHeaderError](err)
	return certificate || record || errors.Is(err, http.ErrSchemeMismatch)
}
