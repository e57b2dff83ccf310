package manager

import (
	"fmt"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// OutputError says that a member has published a value that its declaration doesn't allow.
type OutputError struct {
	// Key is the member's key.
	Key string
	// Output is the name of the output.
	Output string
	// Cause says what is wrong with the value; it never quotes it.
	Cause error
}

// Error names the output and the member, and says what to do.
func (e *OutputError) Error() string {
	return fmt.Sprintf("output %q of %s is not delivered: %v; correct the script that publishes it, or the output's type or pattern", e.Output, e.Key, e.Cause)
}

// Unwrap returns what is wrong with the value.
func (e *OutputError) Unwrap() error { return e.Cause }

// checkContract holds what the wire takes from its sources against the declarations of
// their outputs. Whose consumers have a laxer declaration is refused too: everybody may
// rely on what an output is declared to be.
func checkContract(wire hosting.Wire, looks map[string]Observation) error {
	for _, from := range wire.From {
		source := looks[from.Group]
		for _, member := range source.Members {
			if member.Slot >= source.Group.Size {
				continue
			}
			if err := source.checkOutput(member, from.Output); err != nil || wire.Select == hosting.SelectFirst {
				return err
			}
		}
	}
	return nil
}

// checkOutput holds what a member has published against the declaration. A member that is
// yet to be replaced comes from another configuration, which may have declared it
// otherwise.
func (o Observation) checkOutput(member Member, name string) error {
	text, published := member.Report.Outputs[name]
	declared, known := o.Configuration.Outputs[name]
	if !published || !known || member.Fingerprint != Fingerprint(o.Group.Configuration, o.Group.Parameters) {
		return nil
	}
	if err := declared.Check(text); err != nil {
		return &OutputError{Key: member.Key(), Output: name, Cause: err}
	}
	return nil
}
