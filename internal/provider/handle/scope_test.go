package handle_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/provider/handle"
)

func TestGroup_Elsewhere(t *testing.T) {
	t.Parallel()
	known := types.StringValue
	local := func(directory, namespace string) types.String {
		return known(handle.LocalScope(directory, namespace))
	}
	aws := func(account, region, namespace string) types.String {
		return known(handle.AWSScope(account, region, namespace))
	}
	tests := map[string]struct {
		mine, hers types.String
		want       bool
	}{
		"the same place":                           {local(".muster", "default"), local(".muster", "default"), false},
		"another spelling of the directory":        {local("./.muster/", "default"), local(".muster", "default"), false},
		"another namespace":                        {local(".muster", "a"), local(".muster", "b"), true},
		"another directory":                        {local("a", "default"), local("b", "default"), true},
		"a directory whose name has all signs":     {local("a:b/c:d", "default"), local("a:b/c:e", "default"), true},
		"another absolute directory":               {local("/a", "default"), local("/b", "default"), true},
		"a path that may be the other":             {local("/srv/.muster", "default"), local(".muster", "default"), false},
		"a path that may be, and another name":     {local("/srv/.muster", "a"), local(".muster", "b"), true},
		"another hosting service":                  {local(".muster", "shop"), aws("", "eu-central-1", "shop"), true},
		"the same namespace on EC2":                {aws("1", "eu-central-1", "shop"), aws("1", "eu-central-1", "shop"), false},
		"another region":                           {aws("", "eu-central-1", "shop"), aws("", "eu-west-1", "shop"), true},
		"a region that only the environment knows": {aws("", "", "shop"), aws("", "eu-west-1", "shop"), false},
		"another account":                          {aws("1", "eu-central-1", "shop"), aws("2", "eu-central-1", "shop"), true},
		"an account that the environment knows":    {aws("1", "eu-central-1", "shop"), aws("", "eu-central-1", "shop"), false},
		"another namespace in an unknown region":   {aws("", "", "shop"), aws("", "", "mail"), true},
		"a group of a former version's state":      {local(".muster", "a"), types.StringNull(), false},
		"a group of a provider not yet known":      {local(".muster", "a"), types.StringUnknown(), false},
		"while the own provider is not yet known":  {types.StringUnknown(), local(".muster", "b"), false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, pair := range [][2]types.String{{test.mine, test.hers}, {test.hers, test.mine}} {
				if got := (handle.Group{Scope: pair[0]}).Elsewhere(pair[1]); got != test.want {
					t.Errorf("a group of %s is elsewhere than %s: %t, want %t", pair[0], pair[1], got, test.want)
				}
			}
		})
	}
}

func TestWithScope(t *testing.T) {
	t.Parallel()
	scope := types.StringValue(handle.LocalScope(".muster", "default"))
	group := func(scope types.String) types.Object {
		return handle.Group{
			Members: types.MapNull(types.StringType), Outputs: types.MapNull(types.StringType), Parameters: types.MapNull(types.StringType), Scope: scope,
		}.Object()
	}
	tests := map[string]struct{ object, want types.Object }{
		"a handle of a former version":    {group(types.StringNull()), group(scope)},
		"a handle that has one":           {group(types.StringValue("local:elsewhere/default")), group(types.StringValue("local:elsewhere/default"))},
		"a handle whose scope is unknown": {group(types.StringUnknown()), group(types.StringUnknown())},
		"no handle":                       {types.ObjectNull(handle.GroupTypes()), types.ObjectNull(handle.GroupTypes())},
		"a handle that is unknown":        {types.ObjectUnknown(handle.GroupTypes()), types.ObjectUnknown(handle.GroupTypes())},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := handle.WithScope(test.object, scope); !got.Equal(test.want) {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}
