package servergroup

import (
	"fmt"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/manager"
)

// sightingKey is where the private state holds a sighting.
const sightingKey = "sighting"

// sighting is what a refresh has seen of the members beyond what belongs into the
// state, by member key. Plans are made from it.
type sighting struct {
	// Unwell says why members must be replaced.
	Unwell map[string]string `json:"unwell,omitempty"`
	// Fingerprints are those of the running members.
	Fingerprints map[string]string `json:"fingerprints,omitempty"`
	// Restarts are the triggers for which the running members have booted.
	Restarts map[string]string `json:"restarts,omitempty"`
	// RestartsDue are the parameters for whose change members have yet to restart.
	RestartsDue map[string]string `json:"restarts_due,omitempty"`
	// Leftovers are the keys of slots that have a server too many.
	Leftovers []string `json:"leftovers,omitempty"`
	// Size, Fingerprint and Restart are what the ledger asks for: a change that was
	// cut short has changed the ledger and not the state.
	Size        int    `json:"size"`
	Fingerprint string `json:"fingerprint,omitempty"`
	Restart     string `json:"restart,omitempty"`
	// Launching: a launch is on record that was not seen to its end.
	Launching bool `json:"launching,omitempty"`
}

// look reduces an observation to what plans need.
func look(observation manager.Observation) sighting {
	group := observation.Group
	seen := sighting{
		Unwell: make(map[string]string), Fingerprints: make(map[string]string),
		Restarts: make(map[string]string), RestartsDue: make(map[string]string),
		Restart: group.Restart, Launching: group.Launch != nil, Size: group.Size, Fingerprint: manager.Fingerprint(group.Configuration, group.Parameters),
	}
	for slot := range group.Size {
		key := hosting.MemberKey(group.Name, slot)
		running, found := observation.Member(slot)
		_, replacing := observation.Predecessors[slot]
		if found {
			seen.noteBoot(key, group, running)
		}
		switch {
		case replacing:
			seen.Unwell[key] = "a replacement that was interrupted is completed"
			seen.Fingerprints[key] = running.Fingerprint
		case !found:
			seen.Unwell[key] = observation.WhyLost(slot)
		case running.Failed():
			seen.Unwell[key] = boot.SanitizeTail(running.Failure(), nil)
			seen.Fingerprints[key] = running.Fingerprint
		default:
			seen.Fingerprints[key] = running.Fingerprint
			if renewal, due := group.ReplacementDue(running.Server); due {
				seen.Unwell[key] = fmt.Sprintf("parameter %q, whose change replaces servers, has another value", renewal.Parameter)
			}
		}
	}
	for _, server := range observation.Leftovers {
		if _, replaced := observation.Member(server.Slot); replaced || server.Slot >= group.Size {
			seen.Leftovers = append(seen.Leftovers, server.Key())
		}
	}
	for _, running := range observation.Members {
		if running.Slot >= group.Size {
			seen.Leftovers = append(seen.Leftovers, running.Key())
		}
	}
	return seen
}

// noteBoot takes in what the member's newest boot was made for, and whether it has yet to
// make another.
func (s *sighting) noteBoot(key string, group hosting.Group, running manager.Member) {
	s.Restarts[key] = hosting.ParseBootMark(running.Restart).Trigger
	if renewal, due := group.RenewalDue(running.Server); due {
		s.RestartsDue[key] = renewal.Parameter
	}
}
