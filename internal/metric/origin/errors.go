package origin

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
)

// Describe says why a request has failed, in words that are the same each time and hold
// no address. The error is a [*metric.FetchError]: ErrMalformed for an answer that is too
// long, and ErrUnavailable otherwise.
func Describe(err error) error {
	if long, ok := errors.AsType[*tooLongError](err); ok {
		return &metric.FetchError{Kind: metric.ErrMalformed, Message: long.Error()}
	}
	return &metric.FetchError{Kind: metric.ErrUnavailable, Message: cause(err)}
}

// Status says that an answer has a status other than success.
func Status(code int) error {
	return &metric.FetchError{
		Kind:    metric.ErrUnavailable,
		Message: strings.TrimSpace(fmt.Sprintf("status %d %s", code, http.StatusText(code))),
	}
}

func cause(err error) string {
	switch {
	case errors.Is(err, errLinkLocal):
		return errLinkLocal.Error()
	case errors.Is(err, errRedirect):
		return redirectCause(err)
	}
	return cmp.Or(metric.NetworkCause(err), "the connection failed")
}

// redirectCause drops the URL that net/http puts in front.
func redirectCause(err error) string {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err.Error()
	}
	return err.Error()
}
