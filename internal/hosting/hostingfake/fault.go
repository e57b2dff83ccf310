package hostingfake

import "github.com/musterhq/terraform-provider-muster/internal/hosting"

// Loss says what of a step is lost.
type Loss int

// The losses: the effect doesn't happen; it happens and the answer is an error; it
// doesn't happen and the answer is that it has. The last one is for the ledger only.
const (
	LostRequest Loss = iota
	LostResponse
	LostWrite
)

// Fault is what goes wrong at a step; the zero Fault is nothing.
type Fault struct {
	Loss Loss
	// Err is what the call returns; nil for a LostWrite.
	Err error
}

// Interfere adds a function that is asked before every step what goes wrong with it;
// the first one that answers with a fault prevails. The steps that it is asked about
// have not happened yet. It must not call the client.
func (s *Service) Interfere(decide func(Step) Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, decide)
}

// FailWhere refuses the steps that match, with an error.
func FailWhere(match func(Step) bool, err error) func(Step) Fault {
	return faultWhere(match, Fault{Loss: LostRequest, Err: err})
}

// LoseResponses carries out the steps that match and answers with an error.
func LoseResponses(match func(Step) bool, err error) func(Step) Fault {
	return faultWhere(match, Fault{Loss: LostResponse, Err: err})
}

// LoseWrites reports success for the writes to the ledger that match, and forgets
// them. No hosting service may do so; a test of recovery must notice one that does.
func LoseWrites(match func(Step) bool) func(Step) Fault {
	return faultWhere(func(step Step) bool { return step.Call.writesLedger() && match(step) }, Fault{Loss: LostWrite})
}

func faultWhere(match func(Step) bool, fault Fault) func(Step) Fault {
	return func(step Step) Fault {
		if match(step) {
			return fault
		}
		return Fault{}
	}
}

func (c Call) writesLedger() bool {
	switch c.Method {
	case "CreateGroup", "UpdateGroup", "DeleteGroup":
		return true
	}
	return false
}

// carryOut does what a step does. A write that is lost is undone at once.
func (w *World) carryOut(call Call, lost bool, do effect) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !lost || !call.writesLedger() {
		return do()
	}
	before, existed := w.records[call.Group]
	defer w.putBack(call.Group, before, existed)
	_, err := do()
	return false, err
}

func (w *World) putBack(name string, record hosting.Group, existed bool) {
	if existed {
		w.records[name] = record
		return
	}
	delete(w.records, name)
}
