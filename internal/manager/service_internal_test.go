package manager

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

var errRefused = errors.New("refused")

// ledgerService is a hosting service in memory, as far as wires need one.
type ledgerService struct {
	hosting.Service

	mu             sync.Mutex
	groups         map[string]hosting.Group
	configurations map[string]boot.Configuration
	servers        map[string][]hosting.Server
	outputs        map[string]map[string]string
	// refused names the groups whose records can't be written, refusedDelivery
	// those whose servers can't be reached.
	refused, refusedDelivery map[string]bool
	// updates counts the changes of records; from fatal on, if it isn't zero, all
	// fail, as for a run that is killed.
	updates, fatal int
}

// newLedgerService returns a service with groups of one running member each. All
// take the deferred parameters p, which is required for boot and refuses "bad", and
// q.
func newLedgerService(names ...string) *ledgerService {
	deferred := func(requiredFor boot.Requirement, pattern string) boot.Parameter {
		return boot.Parameter{Type: boot.TypeString, Deferred: true, RequiredFor: requiredFor, Pattern: pattern}
	}
	s := &ledgerService{
		groups:  make(map[string]hosting.Group),
		servers: make(map[string][]hosting.Server),
		outputs: make(map[string]map[string]string),
		refused: make(map[string]bool), refusedDelivery: make(map[string]bool),
		configurations: map[string]boot.Configuration{"c": {
			Parameters: map[string]boot.Parameter{"p": deferred(boot.RequiredForBoot, "^[^b]"), "q": deferred(boot.RequiredForReady, "")},
			Outputs:    map[string]boot.Output{"out": {Type: boot.TypeString}},
		}},
	}
	for _, name := range names {
		ref := hosting.GroupRef{Name: name, Incarnation: "i"}
		s.groups[name] = hosting.Group{GroupRef: ref, Configuration: "c", Size: 1}
		member := running(name, 0, "127.0.0.1", nil)
		member.Group = ref
		s.servers[name] = []hosting.Server{member.Server}
	}
	return s
}

// publish sets the output "out" of the group's member.
func (s *ledgerService) publish(group, text string) {
	s.outputs[s.servers[group][0].ID] = map[string]string{"out": text}
}

func (s *ledgerService) Configuration(_ context.Context, id string) (boot.Configuration, error) {
	return s.configurations[id], nil
}

func (s *ledgerService) Group(_ context.Context, name string) (hosting.Group, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	group, found := s.groups[name]
	if !found {
		return hosting.Group{}, hosting.ErrNotFound
	}
	return copied(group)
}

func (s *ledgerService) UpdateGroup(_ context.Context, ref hosting.GroupRef, change func(*hosting.Group) error) (hosting.Group, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	group, err := copied(s.groups[ref.Name])
	if err != nil {
		return hosting.Group{}, err
	}
	s.updates++
	if s.refused[ref.Name] || s.fatal > 0 && s.updates >= s.fatal {
		return hosting.Group{}, errRefused
	}
	if err := change(&group); err != nil {
		return hosting.Group{}, err
	}
	s.groups[ref.Name] = group
	return copied(group)
}

func copied(group hosting.Group) (copied hosting.Group, err error) {
	document, err := json.Marshal(group)
	if err != nil {
		return copied, err
	}
	return copied, json.Unmarshal(document, &copied)
}

func (s *ledgerService) Servers(_ context.Context, ref hosting.GroupRef) ([]hosting.Server, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.servers[ref.Name]), nil
}

func (s *ledgerService) Reports(_ context.Context, servers []hosting.Server) (map[string]boot.Report, error) {
	reports := make(map[string]boot.Report)
	for _, server := range servers {
		reports[server.ID] = boot.Report{Status: boot.StatusReady, Outputs: maps.Clone(s.outputs[server.ID])}
	}
	return reports, nil
}

func (s *ledgerService) LastReports(ctx context.Context, servers []hosting.Server) (map[string]boot.Report, error) {
	return s.Reports(ctx, servers)
}

func (s *ledgerService) Deliver(_ context.Context, servers []hosting.Server, delivery boot.Delivery) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, server := range servers {
		if s.refusedDelivery[server.Group.Name] {
			return errRefused
		}
		s.servers[server.Group.Name][server.Slot].Delivered = delivery.Revision
	}
	return nil
}

func (s *ledgerService) Pace() hosting.Pace {
	return hosting.Pace{Busy: time.Millisecond, Idle: time.Millisecond}
}

func (s *ledgerService) NewRun() string { return rand.Text() }

func (s *ledgerService) Running(string) bool { return false }

// value returns what the group's record holds for the parameter.
func (s *ledgerService) value(group, parameter string) string {
	return s.groups[group].Values[parameter].Text
}

// leads returns, by group, into which group the record's copy of the wire leads.
func (s *ledgerService) leads(id string) map[string]string {
	leads := make(map[string]string)
	for name, group := range s.groups {
		if wire, found := group.Wires[id]; found {
			leads[name] = wire.Into + "." + wire.Parameter
		}
	}
	return leads
}

// output is the spec of a wire from the output "out" of groups.
func output(into, parameter string, from ...string) WireSpec {
	spec := WireSpec{Select: hosting.SelectFirst, Separator: ",", Into: into, Parameter: parameter}
	for _, name := range from {
		spec.From = append(spec.From, hosting.Output{Group: name, Output: "out"})
	}
	return spec
}

// literal is the spec of a wire from a value into parameter p of web.
func literal(value string) WireSpec {
	return WireSpec{Into: "web", Parameter: "p", Value: &value}
}

// nextRun returns the manager of another run.
func (s *ledgerService) nextRun() *Manager { return New(Options{Service: s}) }

func (s *ledgerService) mustConnect(t *testing.T, id string, spec WireSpec) string {
	t.Helper()
	connection, err := s.nextRun().Connect(t.Context(), id, spec)
	if err != nil {
		t.Fatalf("connecting %+v: %v", spec, err)
	}
	s.confirm(t, connection.WireID, spec)
	return connection.WireID
}

// confirm looks at the wire as the next refresh does.
func (s *ledgerService) confirm(t *testing.T, id string, spec WireSpec) WireState {
	t.Helper()
	state, err := s.nextRun().LookAtWire(t.Context(), id, spec)
	if err != nil {
		t.Fatalf("looking at %+v: %v", spec, err)
	}
	return state
}
