package hosting

import (
	"fmt"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

// LaunchRequest asks for one server in each of the slots.
type LaunchRequest struct {
	Group GroupRef
	// Attempt tells one launch into a slot from the next: a slot whose server has
	// been replaced has servers of several attempts for a while.
	Attempt int
	Slots   []int
	// Payload is what the servers get. It is the same for all of them.
	Payload boot.Payload
	// Delivery is what the ledger held at launch; the servers find it when they
	// start. It may hold secrets and must not travel with the payload.
	Delivery boot.Delivery
	// Fingerprint is kept with the server; see [Server].
	Fingerprint string
	// Restart is the mark under which the servers boot; see [Server].
	Restart string
	// Warn is told what has not gone as asked and has kept nothing from being
	// launched, for example that an instance type had no capacity; may be nil. It isn't called concurrently.
	Warn func(error)
}

// ServerState is a server's state on its hosting service. The zero state is
// invalid.
type ServerState string

const (
	// ServerRunning means that the server exists, whatever its scripts say.
	ServerRunning ServerState = "running"
	// ServerEnded means that the server has ended or is being ended; it never runs again.
	ServerEnded ServerState = "ended"
)

// Facts are what is known of a server as soon as it is launched. An empty field
// means that the server has none. The addresses are IPv4 in dotted form; see
// [FactPattern].
type Facts struct {
	PrivateIP  string
	PublicIP   string
	PrivateDNS string
	Zone       string
}

// Server is one server as its hosting service knows it.
type Server struct {
	ID      string
	Group   GroupRef
	Slot    int
	Attempt int
	State   ServerState
	// EndReason says in a few words why an ended server has ended, for example
	// "its processes were killed"; empty if unknown.
	EndReason string
	Facts     Facts
	// Fingerprint is the one of the [LaunchRequest] that the server comes from.
	Fingerprint string
	// Restart is the mark of the server's newest boot: that of its LaunchRequest
	// or of the newest restart.
	Restart string
	// Delivered is the newest revision that was put where the server finds it.
	Delivered  int
	LaunchedAt time.Time
}

// Key returns the stable key of the server's slot, "<group>-<slot>".
func (s Server) Key() string { return MemberKey(s.Group.Name, s.Slot) }

// MemberKey returns the stable key of a group's slot, "<group>-<slot>".
func MemberKey(group string, slot int) string { return fmt.Sprintf("%s-%d", group, slot) }

// FactNames lists the outputs that every server has without publishing them.
// A configuration can't declare an output of one of these names.
func FactNames() []string { return []string{"id", "private_ip", "public_ip", "private_dns", "zone"} }

// FactPattern returns an RE2 expression that every value of a fact matches; empty where
// there is none, or where the hosting service says what its values look like.
func FactPattern(name string) string {
	switch name {
	case "private_ip", "public_ip":
		return `^(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(\.(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])){3}$`
	default:
		return ""
	}
}

// Fact returns the fact of that name; ok is false where name is no fact or the
// server doesn't have it.
func (s Server) Fact(name string) (value string, ok bool) {
	switch name {
	case "id":
		value = s.ID
	case "private_ip":
		value = s.Facts.PrivateIP
	case "public_ip":
		value = s.Facts.PublicIP
	case "private_dns":
		value = s.Facts.PrivateDNS
	case "zone":
		value = s.Facts.Zone
	}
	return value, value != ""
}
