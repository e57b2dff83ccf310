package provider

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// listOf returns a list of strings.
func listOf(values ...string) types.List {
	elements := make([]attr.Value, 0, len(values))
	for _, value := range values {
		elements = append(elements, types.StringValue(value))
	}
	return types.ListValueMust(types.StringType, elements)
}

// role returns an object with no more than a role's ARN, of the type that the attribute has.
func role(of map[string]attr.Type, arn string) types.Object {
	attributes := make(map[string]attr.Value, len(of))
	for name, kind := range of {
		switch kind := kind.(type) {
		case types.ListType:
			attributes[name] = types.ListNull(kind.ElemType)
		case types.MapType:
			attributes[name] = types.MapNull(kind.ElemType)
		default:
			attributes[name] = types.StringNull()
		}
	}
	attributes["role_arn"] = types.StringValue(arn)
	return types.ObjectValueMust(of, attributes)
}

func TestAWSModel_account(t *testing.T) {
	t.Parallel()
	assumed, _ := assumeRoleAttribute().NestedObject.Type().(types.ObjectType)
	identity, _ := webIdentityAttribute().GetType().(types.ObjectType)
	roles := func(arns ...string) types.List {
		elements := make([]attr.Value, 0, len(arns))
		for _, arn := range arns {
			elements = append(elements, role(assumed.AttrTypes, arn))
		}
		return types.ListValueMust(assumed, elements)
	}
	none := types.ObjectNull(identity.AttrTypes)
	ci := role(identity.AttrTypes, "arn:aws-cn:iam::333333333333:role/ci")
	tests := map[string]struct {
		roles    types.List
		identity types.Object
		allowed  types.List
		want     string
	}{
		"nothing is said":                   {roles(), none, listOf(), ""},
		"the role that is assumed last":     {roles("arn:aws:iam::111111111111:role/hub", "arn:aws:iam::222222222222:role/spoke"), none, listOf(), "222222222222"},
		"the role of a web identity":        {roles(), ci, listOf(), "333333333333"},
		"a role on top of a web identity's": {roles("arn:aws:iam::222222222222:role/spoke"), ci, listOf(), "222222222222"},
		"the only account that is allowed":  {roles(), none, listOf("444444444444"), "444444444444"},
		"one of several that are allowed":   {roles(), none, listOf("444444444444", "555555555555"), ""},
		"a role that is no ARN":             {roles("spoke"), none, listOf(), ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			block := awsModel{AssumeRole: test.roles, AssumeRoleWithWebIdentity: test.identity, AllowedAccountIDs: test.allowed}
			if got := block.account(t.Context()); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
