package awsclient

import (
	"context"

	"github.com/aws/smithy-go/middleware"
)

// frame is the outermost middleware of every call: it keeps the arguments where the
// limiter finds them, and makes errors short.
type frame struct{}

type argumentsKey struct{}

// ID implements the SDK's interface for middleware.
func (frame) ID() string { return "muster:frame" }

// HandleInitialize implements [middleware.InitializeMiddleware].
func (frame) HandleInitialize(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
	middleware.InitializeOutput, middleware.Metadata, error,
) {
	ctx = middleware.WithStackValue(ctx, argumentsKey{}, in.Parameters)
	out, metadata, err := next.HandleInitialize(ctx, in)
	if err != nil {
		err = explain(err, in.Parameters)
	}
	return out, metadata, err
}

// argumentsOf returns the input of the call that ctx belongs to.
func argumentsOf(ctx context.Context) any {
	return middleware.GetStackValue(ctx, argumentsKey{})
}
