// Package tfdiag turns errors into Terraform diagnostics. Only the packages that
// speak Terraform use it; everywhere else errors travel as Go errors.
package tfdiag

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
)

// Unable returns the error diagnostic "Unable to <Verb> <Noun>" with the chain of
// err as its detail, for example Unable("Create", "Server Group", err).
func Unable(verb, noun string, err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic(fmt.Sprintf("Unable to %s %s", verb, noun), Sentence(err.Error()))
}

// Warn is Unable as a warning, for a failure after which what exists is in the
// state and the next plan makes up for the rest.
func Warn(verb, noun string, err error, next string) diag.Diagnostic {
	return diag.NewWarningDiagnostic(fmt.Sprintf("Unable to %s %s", verb, noun), Sentence(err.Error())+"\n\n"+next)
}

// TooEarly is the diagnostic of an import for which the provider isn't configured yet.
func TooEarly(noun string) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Unable to Import "+noun, "The provider's configuration is not known yet: apply what it depends on first.")
}

// Recover turns a panic into an error diagnostic, so that what was written to the
// response before it still reaches Terraform's state. Use it as
//
//	defer tfdiag.Recover(&resp.Diagnostics, "Create", "Server Group")
func Recover(diagnostics *diag.Diagnostics, verb, noun string) {
	cause := recover()
	if cause == nil {
		return
	}
	diagnostics.AddError(
		fmt.Sprintf("Unable to %s %s", verb, noun),
		fmt.Sprintf("The provider has crashed. What it had done is not lost: the next apply goes on from there. This is a bug: please report it with this trace.\n\n%v\n\n%s", cause, debug.Stack()),
	)
}

// Sentence makes an error's text read as a sentence.
func Sentence(text string) string {
	if text == "" {
		return text
	}
	text = strings.ToUpper(text[:1]) + text[1:]
	if strings.HasSuffix(text, ".") || strings.Contains(text, "\n") {
		return text
	}
	return text + "."
}

// Elsewhere is the error of an argument that names a group of another configuration of the
// provider; group and user say where the two are, next what to do.
func Elsewhere(at path.Path, group, user, next string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, "Server Group of Another Provider Configuration", group+" and "+user+". "+next)
}
