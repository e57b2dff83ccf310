package tfvalue

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// ProviderData returns what the provider hands to its resources. It is the zero
// value where the provider isn't configured yet, as in validation.
func ProviderData[T any](data any) (T, diag.Diagnostics) {
	var zero T
	if data == nil {
		return zero, nil
	}
	value, ok := data.(T)
	if !ok {
		return zero, diag.Diagnostics{diag.NewErrorDiagnostic("Unable to Configure Resource",
			fmt.Sprintf("The provider hands out a %T instead of a %T. This is a bug: please report it.", data, zero))}
	}
	return value, nil
}
