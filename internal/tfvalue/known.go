package tfvalue

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Known reports whether nothing in the values is unknown, at any depth.
func Known(ctx context.Context, values ...attr.Value) bool {
	for _, value := range values {
		terraform, err := value.ToTerraformValue(ctx)
		if err != nil || !terraform.IsFullyKnown() {
			return false
		}
	}
	return true
}

// StringOr returns the text of value, or fallback where value is null.
func StringOr(value types.String, fallback string) string {
	if value.IsNull() {
		return fallback
	}
	return value.ValueString()
}
