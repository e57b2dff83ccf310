package parameterinjection

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/pattern"
)

// checkPattern holds what the output may say, as far as it is known, against the pattern
// of the parameter. Values that are joined are held against it on delivery.
//
// What is declared to say just what the output says, by a pattern or as a bool, must fit
// whole. A number or an address may be narrower than its language, so those are refused
// only where none at all fits.
func checkPattern(at path.Path, source end, output boot.Output, parameter boot.Parameter, selected types.String) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	if parameter.Pattern == "" || selected.IsUnknown() || selected.ValueString() == string(hosting.SelectAll) {
		return nil
	}
	label := fmt.Sprintf("Output %q of %s", source.name.ValueString(), source.group.Label())
	fact := slices.Contains(hosting.FactNames(), source.name.ValueString())
	switch {
	case output.Pattern != "" && !fact, output.Type == boot.TypeBool:
		if text, found := misfit(output, parameter); found {
			diagnostics.AddAttributeError(at, "Wrong Pattern", fmt.Sprintf(
				"%s may be %s, which the parameter's pattern %q refuses. Give the output a pattern that allows less, or the parameter one that allows more.",
				label, quote(text), parameter.Pattern))
		}
	case output.Type == boot.TypeNumber:
		if neverFits(output, parameter) {
			diagnostics.AddAttributeError(at, "Wrong Pattern", fmt.Sprintf(
				"%s is a number, and the parameter's pattern %q refuses every number. Take another output, or correct the pattern.", label, parameter.Pattern))
		}
	case output.Pattern != "":
		if neverFits(output, parameter) {
			diagnostics.AddAttributeError(at, "Wrong Pattern", fmt.Sprintf(
				"%s is an IPv4 address, and the parameter's pattern %q refuses every address. Take another output, or correct the pattern.", label, parameter.Pattern))
		}
	}
	return diagnostics
}

// misfit returns a shortest value that the output may have and the parameter refuses.
// It is made up from the declarations, and so no secret.
func misfit(output boot.Output, parameter boot.Parameter) (text string, found bool) {
	possible, accepted, ok := languages(output, parameter)
	if !ok {
		return "", false
	}
	text, answer := possible.Beyond(accepted)
	// A type's pattern allows more than the type, for example numbers that are too large.
	return text, answer == pattern.Found && output.Check(text) == nil && parameter.Check(text) != nil
}

// neverFits reports whether the parameter refuses every value that the output may have.
func neverFits(output boot.Output, parameter boot.Parameter) bool {
	possible, accepted, ok := languages(output, parameter)
	if !ok {
		return false
	}
	_, answer := possible.Common(accepted)
	return answer == pattern.None
}

// languages returns what the output may say, and what the parameter's pattern accepts; ok
// is false where a pattern is none, which its own declaration is told.
func languages(output boot.Output, parameter boot.Parameter) (possible, accepted *pattern.Language, ok bool) {
	expressions := []string{boot.TypeString.Pattern(), output.Type.Pattern()}
	possible, err := pattern.Compile(append(expressions, output.Pattern)...)
	if err != nil {
		return nil, nil, false
	}
	accepted, err = pattern.Compile(parameter.Pattern)
	return possible, accepted, err == nil
}

// maxQuoted is how many characters of a text a message quotes.
const maxQuoted = 40

func quote(text string) string {
	length := utf8.RuneCountInString(text)
	if length <= maxQuoted {
		return fmt.Sprintf("%q", text)
	}
	return fmt.Sprintf("a text of %d characters that begins with %.*q", length, maxQuoted, text)
}
