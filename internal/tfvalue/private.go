// Package tfvalue moves values between Go and Terraform where the framework's own
// conversions don't: Terraform's private state holds JSON.
package tfvalue

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// PrivateReader is the reading side of a resource's private state.
type PrivateReader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

// PrivateWriter is the writing side of a resource's private state.
type PrivateWriter interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// LoadPrivate reads the value that SavePrivate has stored under the key. Where
// there is none, it returns the zero value.
func LoadPrivate[T any](ctx context.Context, private PrivateReader, key string) (T, diag.Diagnostics) {
	var value T
	stored, diagnostics := private.GetKey(ctx, key)
	if diagnostics.HasError() || stored == nil {
		return value, diagnostics
	}
	if err := json.Unmarshal(stored, &value); err != nil {
		diagnostics.AddError("Unable to Read Private State",
			fmt.Sprintf("The private state holds no valid %s: %v. It is written anew by terraform apply -refresh-only.", key, err))
	}
	return value, diagnostics
}

// SavePrivate stores the value, which must encode as JSON, under the key.
func SavePrivate(ctx context.Context, private PrivateWriter, key string, value any) diag.Diagnostics {
	encoded, err := json.Marshal(value)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Unable to Write Private State", fmt.Sprintf("Encoding the %s: %v.", key, err))}
	}
	return private.SetKey(ctx, key, encoded)
}
