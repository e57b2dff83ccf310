package tfvalue

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// DurationAtLeast validates texts such as "90s" or "5m", in the form of
// [time.ParseDuration], that are not shorter than least.
func DurationAtLeast(least time.Duration) validator.String { return durationAtLeast{least} }

type durationAtLeast struct{ least time.Duration }

// Description says what is valid.
func (v durationAtLeast) Description(context.Context) string {
	return fmt.Sprintf("a duration of at least %s, for example 90s or 5m", v.least)
}

// MarkdownDescription is Description.
func (v durationAtLeast) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString implements [validator.String].
func (v durationAtLeast) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	text := req.ConfigValue.ValueString()
	duration, err := time.ParseDuration(text)
	switch {
	case err != nil:
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid Duration",
			fmt.Sprintf("%s: %q is not a duration; write for example 90s or 5m.", req.Path, text))
	case duration < v.least:
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid Duration",
			fmt.Sprintf("%s: %s is too short; it must be at least %s.", req.Path, text, v.least))
	}
}

// Duration returns the duration that a validated text says, or fallback where the
// text is null.
func Duration(text types.String, fallback time.Duration) (time.Duration, error) {
	if text.IsNull() {
		return fallback, nil
	}
	duration, err := time.ParseDuration(text.ValueString())
	if err != nil {
		return 0, fmt.Errorf("%q is not a duration; write for example 90s or 5m", text.ValueString())
	}
	return duration, nil
}
