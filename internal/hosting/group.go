package hosting

import (
	"maps"
	"slices"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

// GroupRef names a group and the incarnation that is meant. A group that is
// destroyed and created anew under its name has another incarnation.
type GroupRef struct {
	Name        string `json:"name"`
	Incarnation string `json:"incarnation"`
}

// GroupState says how far a group's creation is known to have come. The zero
// state is invalid.
type GroupState string

const (
	// GroupCreating means that the group is recorded, and not all of its first servers are.
	GroupCreating GroupState = "creating"
	// GroupCreated means that its first servers have been launched. Terraform may not have
	// saved that yet.
	GroupCreated GroupState = "created"
	// GroupConfirmed means that the incarnation was seen in Terraform's state.
	GroupConfirmed GroupState = "confirmed"
)

// Group is a group's record in the ledger.
type Group struct {
	GroupRef

	State GroupState `json:"state"`
	// Run identifies the run of the provider that created the record: a record of
	// another run that is not confirmed is what a crash left behind.
	Run string `json:"run"`
	// Configuration is the ID of the configuration that new members get.
	Configuration string `json:"configuration"`
	// Parameters are the values that new members get at launch.
	Parameters map[string]string `json:"parameters,omitempty"`
	// Size is the intended number of members.
	Size int `json:"size"`
	// Restart is the [BootMark.Trigger] that the members' newest boots are to have.
	Restart string `json:"restart,omitempty"`
	// Attempt is the number of the newest launch; see [LaunchRequest].
	Attempt int `json:"attempt"`
	// Launch is the launch under way, nil if there is none. It is written before
	// the first call and removed after the last one, so that a launch that a
	// crash has cut short is repeated under the same identity.
	Launch *PendingLaunch `json:"launch,omitempty"`

	// Revision counts the changes of Values.
	Revision int `json:"revision"`
	// Values are the delivered values by parameter.
	Values map[string]boot.Value `json:"values,omitempty"`
	// Restarts and Replacements are the changes of values that ask for members to boot anew,
	// and for others in their place.
	Restarts     Renewals `json:"restarts,omitzero"`
	Replacements Renewals `json:"replacements,omitzero"`
	// Wires are the wires into this group and those out of it, by wire ID. The
	// copy in the target's record is the one that counts; the one in a source's
	// record only leads there.
	Wires map[string]Wire `json:"wires,omitempty"`
}

// Delivery returns what the members are to have.
func (g Group) Delivery() boot.Delivery {
	return boot.Delivery{Revision: g.Revision, Values: maps.Clone(g.Values)}
}

// PendingLaunch is a launch that has been begun.
type PendingLaunch struct {
	Attempt int   `json:"attempt"`
	Slots   []int `json:"slots"`
	// Fingerprint is that of the [LaunchRequest].
	Fingerprint string `json:"fingerprint"`
}

// Select says which members' values a wire carries. The zero Select is invalid.
type Select string

const (
	// SelectFirst takes the value of the member in the lowest slot.
	SelectFirst Select = "first"
	// SelectAll takes the values of all members in the order of sources and slots,
	// joined by the wire's separator; nothing until every member has one.
	SelectAll Select = "all"
	// SelectEach gives the member in slot i the i-th of all values in the order of sources
	// and slots.
	SelectEach Select = "each"
	// SelectOwn gives each member its own value; the target is the only source.
	SelectOwn Select = "own"
)

// Violation says what to do where the sources of a wire have fewer servers than it
// demands. The zero Violation holds.
type Violation string

const (
	// ViolationHolds keeps what was delivered before.
	ViolationHolds Violation = ""
	// ViolationFails is an error.
	ViolationFails Violation = "fail"
)

// Order says how a wire's value spreads over the members of its target. The zero Order is
// parallel.
type Order string

const (
	// OrderParallel gives a value to all members at the same time.
	OrderParallel Order = ""
	// OrderSerial gives a value to a member when those before it, in the order of the slots,
	// have applied it.
	OrderSerial Order = "serial"
)

// Output names an output of a group: a fact or a published one.
type Output struct {
	Group  string `json:"group"`
	Output string `json:"output"`
}

// Wire is a standing connection into a group's deferred parameter: from outputs
// of groups, or, where From is empty, from a value that Terraform knows.
type Wire struct {
	ID string `json:"id"`
	// Run identifies the run of the provider that recorded the wire; see
	// Group.Run.
	Run       string `json:"run"`
	Confirmed bool   `json:"confirmed"`

	From      []Output `json:"from,omitempty"`
	Select    Select   `json:"select,omitempty"`
	Separator string   `json:"separator,omitempty"`
	// MinSources is how many servers the sources must be meant to have in all, for
	// anything to be delivered; 0: no more than Select needs.
	MinSources  int       `json:"min_sources,omitempty"`
	OnViolation Violation `json:"on_violation,omitempty"`
	Order       Order     `json:"order,omitempty"`

	Into      string `json:"into"`
	Parameter string `json:"parameter"`
}

// Sources returns the names of the groups that the wire comes from, sorted and
// without repetition.
func (w Wire) Sources() []string {
	var names []string
	for _, output := range w.From {
		names = append(names, output.Group)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
