package machine

const (
	// initVariable marks a run of the program as an instance's process 1.
	initVariable = "MUSTER_MACHINE_INIT"

	// readyAnswer is what process 1 writes once cloud-init has been started; anything
	// else is why it couldn't.
	readyAnswer = "ready\n"

	// refusalMark is before why it could not.
	refusalMark = "refused: "
)

// The exit codes of process 1. Go's runtime uses 2 where it crashes.
const (
	exitPowerOff = 0
	exitFailed   = 1
	exitRestart  = 3
)

// order is what process 1 is told, as JSON on its standard input. When that ends,
// process 1 ends too.
type order struct {
	// Root and Console are paths on this machine.
	Root, Console string
	Shell         Shell
	InstanceID    string
	Address       string
	Hostname      string
	// BootID is what the instance finds in /proc/sys/kernel/random/boot_id.
	BootID string
	// Script is the user's; empty: none.
	Script      []byte
	Environment []string
}
