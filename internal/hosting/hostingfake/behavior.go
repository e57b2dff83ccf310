package hostingfake

import (
	"strconv"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// Behavior is what a server does in the place of its scripts. The zero Behavior
// boots at once and publishes nothing.
type Behavior struct {
	// Start is the time from the launch, or a restart, to the first report.
	Start time.Duration
	// Boot, Update and Decommission are how long a run of the script takes. The boot
	// script starts when the values are there that are required for it; the other two
	// run only where the configuration has such a script.
	Boot, Update, Decommission time.Duration
	// BootExit, UpdateExit and DecommissionExit are the exit codes.
	BootExit, UpdateExit, DecommissionExit int
	// Log is the end of the log in the report of a failure.
	Log string
	// Publish returns the outputs; it is called at the end of a boot or update script
	// that exits 0. nil: it publishes nothing.
	Publish func(Situation) map[string]string
	// Lifetime is the time from a boot until the server ends on its own; 0: it
	// doesn't.
	Lifetime time.Duration
}

// Situation is what a server knows when it publishes.
type Situation struct {
	Server        hosting.Server
	Configuration boot.Configuration
	// Boot counts the server's boots from 1.
	Boot int
	// Values are those of its parameters that have one.
	Values map[string]string
}

// DefaultBehavior returns how a server behaves that nothing is said about: it
// reports after 100 ms, boots for one second, and publishes each of its declared
// outputs: a string names the member and the output, like "web-0 token".
func DefaultBehavior() Behavior {
	return Behavior{
		Start: 100 * time.Millisecond, Boot: time.Second,
		Update: 200 * time.Millisecond, Decommission: 200 * time.Millisecond,
		Publish: publishDeclared,
	}
}

func publishDeclared(now Situation) map[string]string {
	outputs := make(map[string]string)
	for name, output := range now.Configuration.Outputs {
		switch output.Type {
		case boot.TypeNumber:
			outputs[name] = strconv.Itoa(now.Server.Slot)
		case boot.TypeBool:
			outputs[name] = "true"
		default:
			outputs[name] = now.Server.Key() + " " + name
		}
	}
	return outputs
}
