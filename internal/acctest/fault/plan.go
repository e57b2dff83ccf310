package fault

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// Variable is the environment variable that holds the plan of the program mortal.
const Variable = "MUSTER_FAULT"

// Kill says who is killed. The zero Kill is nobody.
type Kill string

const (
	// KillProvider kills the process itself, so that Terraform gets no answer.
	KillProvider Kill = "provider"
	// KillBoth kills the parent, which is Terraform, and then the process itself.
	KillBoth Kill = "both"
)

// Plan says what goes wrong. The zero Plan is that nothing does.
type Plan struct {
	// Calls is the path of the file in which the calls of all processes of a command
	// are counted; empty: they aren't. See [Calls].
	Calls string `json:"calls,omitempty"`
	// Kill happens when After calls have taken effect; 0 is before the first one. It
	// needs Calls.
	Kill  Kill `json:"kill,omitempty"`
	After int  `json:"after,omitempty"`
	// Pace is the time between two looks at servers that boot; 0: as the hosting
	// service has it. A long one keeps a wait from making many calls.
	Pace time.Duration `json:"pace,omitempty"`
	// Panic names the method whose first call in the process panics when it has taken
	// effect; empty: none.
	Panic string `json:"panic,omitempty"`
	// Forget keeps the record of a new group in memory until its first launch has
	// ended: a crash before loses it.
	Forget bool `json:"forget,omitempty"`
	// Tell prints the sensitive values that are delivered where Terraform's log gets
	// them.
	Tell bool `json:"tell,omitempty"`
}

// FromEnvironment returns the plan in [Variable]; the zero Plan where it isn't set.
func FromEnvironment() (Plan, error) {
	var plan Plan
	text := os.Getenv(Variable)
	if text == "" {
		return plan, nil
	}
	if err := json.Unmarshal([]byte(text), &plan); err != nil {
		return plan, fmt.Errorf("reading %s: %w", Variable, err)
	}
	return plan, nil
}

// Entry returns the plan as an entry of an environment.
func (p Plan) Entry() string {
	// A struct of strings, numbers and truth values always has a JSON form.
	encoded, _ := json.Marshal(p)
	return Variable + "=" + string(encoded)
}

// Decorate returns the hosting service with the plan's faults.
func (p Plan) Decorate(wrapped hosting.Service) hosting.Service {
	if p.Forget {
		wrapped = &forgetful{Service: wrapped, held: make(map[string]hosting.Group)}
	}
	if p.Tell {
		wrapped = &talkative{Service: wrapped}
	}
	victim := &victim{plan: p}
	victim.note(0)
	return &service{Service: wrapped, pace: p.Pace, done: victim.done}
}
