package tfvalue

import (
	"context"
	"fmt"
	"math/big"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

var (
	_ basetypes.Int64Typable  = WholeType{}
	_ basetypes.Int64Valuable = Whole{}
)

// WholeType is [types.Int64Type] for numbers that users write: a fraction is their
// mistake and is told to them as such. The framework calls it an error in the
// provider. It is the CustomType of an attribute whose value is a [Whole].
type WholeType struct{ basetypes.Int64Type }

// Whole is a value of [WholeType].
type Whole struct{ types.Int64 }

// Type returns [WholeType].
func (Whole) Type(context.Context) attr.Type { return WholeType{} }

// Equal reports whether other is the same number, or equally null or unknown.
func (w Whole) Equal(other attr.Value) bool {
	whole, ok := other.(Whole)
	return ok && w.Int64.Equal(whole.Int64)
}

// Equal reports whether other is the same type.
func (WholeType) Equal(other attr.Type) bool {
	_, ok := other.(WholeType)
	return ok
}

// String names the type.
func (WholeType) String() string { return "tfvalue.WholeType" }

// ValueType returns a [Whole].
func (WholeType) ValueType(context.Context) attr.Value { return Whole{} }

// ValueFromInt64 returns the number as a [Whole].
func (WholeType) ValueFromInt64(_ context.Context, number types.Int64) (basetypes.Int64Valuable, diag.Diagnostics) {
	return Whole{number}, nil
}

// ValueFromTerraform returns what isn't a whole number as unknown: Validate, which
// the framework calls next, refuses it.
func (t WholeType) ValueFromTerraform(ctx context.Context, in tftypes.Value) (attr.Value, error) {
	if _, whole := wholeNumber(in); !whole {
		return Whole{types.Int64Unknown()}, nil
	}
	value, err := t.Int64Type.ValueFromTerraform(ctx, in)
	number, _ := value.(types.Int64)
	return Whole{number}, err
}

// Validate refuses a fraction, and a number that 64 bits don't hold.
func (WholeType) Validate(_ context.Context, in tftypes.Value, at path.Path) diag.Diagnostics {
	number, whole := wholeNumber(in)
	if whole {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(at, "Not a Whole Number",
		fmt.Sprintf("%s must be a whole number, not %s. Round it, for example with ceil().", at, number.Text('g', 10)))}
}

// wholeNumber reports whether the value is no number, or one that an int64 holds.
func wholeNumber(in tftypes.Value) (number *big.Float, whole bool) {
	if in.IsNull() || !in.IsKnown() || in.As(&number) != nil {
		return number, true
	}
	_, accuracy := number.Int64()
	return number, accuracy == big.Exact
}
