package awsclient

import (
	"context"
	"fmt"
	"os"
	"strings"
	"unicode"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// userAgent adds to the SDK's user agent who calls: the provider, and what the
// environment variable TF_APPEND_USER_AGENT holds, as with other providers.
type userAgent struct{ text string }

func newUserAgent(version string) userAgent {
	text := "terraform-provider-muster"
	if version != "" {
		text += "/" + version
	}
	if more := os.Getenv("TF_APPEND_USER_AGENT"); more != "" {
		text += " " + more
	}
	// A header holds no line break.
	return userAgent{strings.TrimSpace(strings.Map(printable, text))}
}

func printable(char rune) rune {
	if char > unicode.MaxASCII || !unicode.IsPrint(char) {
		return -1
	}
	return char
}

// ID implements the SDK's interface for middleware.
func (userAgent) ID() string { return "muster:userAgent" }

// HandleBuild implements [middleware.BuildMiddleware].
func (u userAgent) HandleBuild(ctx context.Context, in middleware.BuildInput, next middleware.BuildHandler) (
	middleware.BuildOutput, middleware.Metadata, error,
) {
	request, ok := in.Request.(*smithyhttp.Request)
	if !ok {
		return middleware.BuildOutput{}, middleware.Metadata{}, fmt.Errorf("setting the user agent: a request is a %T", in.Request)
	}
	request.Header.Set("User-Agent", strings.TrimSpace(request.Header.Get("User-Agent")+" "+u.text))
	return next.HandleBuild(ctx, in)
}
