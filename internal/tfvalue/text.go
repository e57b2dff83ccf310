package tfvalue

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Texts returns the strings of a list, in order; nil where there are none. Null and unknown
// ones are empty.
func Texts(list types.List) []string {
	var texts []string
	for _, element := range list.Elements() {
		text, _ := element.(types.String)
		texts = append(texts, text.ValueString())
	}
	return texts
}

// TextMap returns the strings among the elements of a map, or the attributes of an object,
// without those that are null; nil where there are none.
func TextMap(elements map[string]attr.Value) map[string]string {
	var texts map[string]string
	for key, element := range elements {
		text, ok := element.(types.String)
		if !ok || text.IsNull() {
			continue
		}
		if texts == nil {
			texts = make(map[string]string)
		}
		texts[key] = text.ValueString()
	}
	return texts
}
