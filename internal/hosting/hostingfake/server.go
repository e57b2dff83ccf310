package hostingfake

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// server is one server, as it is saved too.
type server struct {
	hosting.Server

	// Program is the key of what the server runs.
	Program string
	// Newest is what was delivered last; a restarted server finds it.
	Newest  boot.Delivery
	Life    life
	EndedAt time.Time
	// Returned: a Launch has returned the server.
	Returned bool

	program  *program
	behavior Behavior
}

// program is what servers are launched with. It never changes, and all servers of a
// launch share it.
type program struct {
	Payload boot.Payload

	configurationID string
	// boot and ready are the parameters that must be delivered before the boot script
	// starts, and before the server is ready.
	boot, ready []string
	// launched are the values that came with the payload.
	launched map[string]string
}

func newProgram(payload boot.Payload) *program {
	p := &program{Payload: payload, configurationID: payload.Configuration.ID(), launched: make(map[string]string)}
	for _, name := range slices.Sorted(maps.Keys(payload.Configuration.Parameters)) {
		parameter := payload.Configuration.Parameters[name]
		value, given := payload.Parameters[name]
		switch {
		case parameter.Deferred && parameter.RequiredFor == boot.RequiredForReady:
			p.ready = append(p.ready, name)
		case parameter.Deferred && parameter.RequiredFor == boot.RequiredForNothing:
		case parameter.Delivered():
			p.boot = append(p.boot, name)
		case given:
			p.launched[name] = value
		case parameter.Default != nil:
			p.launched[name] = *parameter.Default
		default:
			p.boot = append(p.boot, name)
		}
	}
	return p
}

// key identifies the program by its content.
func (p *program) key() string {
	content, err := json.Marshal(p.Payload.Parameters)
	if err != nil {
		panic(fmt.Sprintf("encoding launch values: %v", err)) // Maps of strings always encode.
	}
	sum := sha256.Sum256(append([]byte(p.Payload.Group+"\n"+p.configurationID+"\n"), content...))
	return hex.EncodeToString(sum[:8])
}

// takes reports whether the parameter's value comes by delivery.
func (p *program) takes(name string) bool {
	_, declared := p.Payload.Configuration.Parameters[name]
	_, launched := p.launched[name]
	return declared && !launched
}

// serverID derives a server's ID from its identity.
func serverID(ref hosting.GroupRef, slot, attempt int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%d\n%d", ref.Name, ref.Incarnation, slot, attempt))
	return "srv-" + hex.EncodeToString(sum[:9])
}

func (s *server) clone() *server {
	clone := *s
	clone.Life = s.Life.clone()
	return &clone
}

func (s *server) running() bool { return s.State == hosting.ServerRunning }

// end reports whether the server was running until now.
func (s *server) end(at time.Time, reason string) bool {
	if !s.running() {
		return false
	}
	s.State, s.EndReason, s.EndedAt = hosting.ServerEnded, reason, at
	return true
}

// settle ends a server whose lifetime is over.
func (s *server) settle(now time.Time) {
	if s.behavior.Lifetime == 0 {
		return
	}
	if end := s.Life.BootedAt.Add(s.behavior.Lifetime); !now.Before(end) {
		s.end(end, "its processes have ended")
	}
}

// describe returns the server as the port shows it.
func (s *server) describe(now time.Time) hosting.Server {
	s.settle(now)
	return s.Server
}

// deliver puts the delivery where the server finds it, to arrive at a time. It
// reports whether that is something new.
func (s *server) deliver(delivery boot.Delivery, arrives time.Time) bool {
	if !s.running() || delivery.Revision <= s.Delivered {
		return false
	}
	s.Delivered, s.Newest = delivery.Revision, delivery
	s.Life.Inputs = append(s.Life.Inputs, input{At: arrives, Delivery: &delivery})
	return true
}

// decommission asks the server to leave. It reports whether nobody has before.
func (s *server) decommission(arrives time.Time) bool {
	if !s.running() || s.Life.Asked {
		return false
	}
	s.Life.Asked = true
	s.Life.Inputs = append(s.Life.Inputs, input{At: arrives, Leave: true})
	return true
}

// restart boots the server under a mark. It reports whether it has not already.
func (s *server) restart(mark string, behavior Behavior, now time.Time) bool {
	if !s.running() || s.Restart == mark {
		return false
	}
	s.Restart, s.behavior = mark, behavior
	s.Life = newLife(s.Life.Boot+1, now, s.Newest)
	return true
}

// reportAt returns what the server has said by a time.
func (s *server) reportAt(at time.Time) (boot.Report, bool) {
	s.settle(at)
	if !s.running() && s.EndedAt.Before(at) {
		at = s.EndedAt
	}
	s.liveUntil(at)
	return s.report()
}
