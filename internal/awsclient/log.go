package awsclient

import (
	"context"
	"errors"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// recorder tells a log of every attempt. It never looks at arguments and bodies:
// parameters of SSM hold secrets, and so may user data that somebody else wrote.
type recorder struct {
	now func() time.Time
	log func(context.Context, Call)
}

// ID implements the SDK's interface for middleware.
func (recorder) ID() string { return "muster:recorder" }

// HandleFinalize implements [middleware.FinalizeMiddleware].
func (r recorder) HandleFinalize(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
	middleware.FinalizeOutput, middleware.Metadata, error,
) {
	sent := r.now()
	out, metadata, err := next.HandleFinalize(ctx, in)
	call := Call{
		Service:   middleware.GetServiceID(ctx),
		Operation: middleware.GetOperationName(ctx),
		Took:      r.now().Sub(sent),
	}
	if response, ok := awsmiddleware.GetRawResponse(metadata).(*smithyhttp.Response); ok {
		call.Status = response.StatusCode
	}
	call.RequestID, _ = awsmiddleware.GetRequestIDMetadata(metadata)
	if failure, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		call.Status, call.RequestID = failure.HTTPStatusCode(), failure.ServiceRequestID()
	}
	if fault, ok := errors.AsType[smithy.APIError](err); ok {
		call.ErrorCode = fault.ErrorCode()
	}
	r.log(ctx, call)
	return out, metadata, err
}
