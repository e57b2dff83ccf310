package tfvalue_test

import (
	"math/big"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

func TestWholeType(t *testing.T) {
	t.Parallel()
	number := func(text string) tftypes.Value {
		parsed, _, err := big.ParseFloat(text, 10, 512, big.ToNearestEven)
		if err != nil {
			t.Fatal(err)
		}
		return tftypes.NewValue(tftypes.Number, parsed)
	}
	refused := func(text string) diag.Diagnostics {
		return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("servers"), "Not a Whole Number",
			"servers must be a whole number, not "+text+". Round it, for example with ceil().")}
	}
	tests := map[string]struct {
		in   tftypes.Value
		want types.Int64
		errs diag.Diagnostics
	}{
		"a whole number":         {in: number("3"), want: types.Int64Value(3)},
		"one below zero":         {in: number("-3"), want: types.Int64Value(-3)},
		"one with an exponent":   {in: number("3e2"), want: types.Int64Value(300)},
		"null":                   {in: tftypes.NewValue(tftypes.Number, nil), want: types.Int64Null()},
		"what isn't known yet":   {in: tftypes.NewValue(tftypes.Number, tftypes.UnknownValue), want: types.Int64Unknown()},
		"a fraction":             {in: number("1.5"), want: types.Int64Unknown(), errs: refused("1.5")},
		"the quotient of 10":     {in: number("3.3333333333333333333"), want: types.Int64Unknown(), errs: refused("3.333333333")},
		"more than 64 bits":      {in: number("1e30"), want: types.Int64Unknown(), errs: refused("1e+30")},
		"the greatest int64":     {in: number("9223372036854775807"), want: types.Int64Value(9223372036854775807)},
		"one above the greatest": {in: number("9223372036854775808"), want: types.Int64Unknown(), errs: refused("9.223372037e+18")},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := tfvalue.WholeType{}.ValueFromTerraform(t.Context(), test.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(attr.Value(tfvalue.Whole{Int64: test.want}), got); diff != "" {
				t.Errorf("value (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.errs, tfvalue.WholeType{}.Validate(t.Context(), test.in, path.Root("servers"))); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhole_Equal(t *testing.T) {
	t.Parallel()
	three := tfvalue.Whole{Int64: types.Int64Value(3)}
	if !three.Equal(tfvalue.Whole{Int64: types.Int64Value(3)}) {
		t.Error("3 isn't equal to 3")
	}
	for _, other := range []attr.Value{tfvalue.Whole{Int64: types.Int64Value(4)}, tfvalue.Whole{Int64: types.Int64Null()}, types.Int64Value(3)} {
		if three.Equal(other) {
			t.Errorf("3 is equal to %v", other)
		}
	}
}
