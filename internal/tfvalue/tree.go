package tfvalue

import (
	"math/big"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
)

// Tree returns a value as plain data: strings, booleans, float64, []any,
// map[string]any and nil for null. What isn't known is nil too, and reported by
// complete.
func Tree(value attr.Value) (tree any, complete bool) {
	switch {
	case value == nil || value.IsNull():
		return nil, true
	case value.IsUnknown():
		return nil, false
	}
	switch value := value.(type) {
	case basetypes.StringValuable:
		return leaf(value)
	case basetypes.BoolValue:
		return value.ValueBool(), true
	case basetypes.Float64Value:
		return value.ValueFloat64(), true
	case basetypes.Int64Valuable:
		return leaf(value)
	case basetypes.NumberValue:
		return float(value.ValueBigFloat()), true
	case basetypes.DynamicValue:
		return Tree(value.UnderlyingValue())
	case basetypes.MapValue:
		return branch(value.Elements())
	case basetypes.ObjectValue:
		return branch(value.Attributes())
	case basetypes.ListValue:
		return row(value.Elements())
	case basetypes.SetValue:
		return row(value.Elements())
	case basetypes.TupleValue:
		return row(value.Elements())
	}
	return nil, true
}

// leaf reads values of custom types.
func leaf(value attr.Value) (any, bool) {
	switch value := value.(type) {
	case interface{ ValueString() string }:
		return value.ValueString(), true
	case interface{ ValueInt64() int64 }:
		return float64(value.ValueInt64()), true
	}
	return nil, true
}

func float(number *big.Float) float64 {
	value, _ := number.Float64()
	return value
}

func branch(members map[string]attr.Value) (any, bool) {
	tree, complete := make(map[string]any, len(members)), true
	for name, member := range members {
		value, known := Tree(member)
		tree[name] = value
		complete = complete && known
	}
	return tree, complete
}

func row(elements []attr.Value) (any, bool) {
	tree, complete := make([]any, 0, len(elements)), true
	for _, element := range elements {
		value, known := Tree(element)
		tree = append(tree, value)
		complete = complete && known
	}
	return tree, complete
}
