package servergroup

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// restartMark returns the mark under which members are to have booted: empty where
// there are no triggers, and another one whenever these change. known is false where
// one of them is unknown.
func restartMark(triggers types.Map) (mark string, known bool) {
	if triggers.IsUnknown() {
		return "", false
	}
	elements := triggers.Elements()
	if len(elements) == 0 {
		return "", true
	}
	hash := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(elements)) {
		text, ok := elements[name].(types.String)
		if !ok || text.IsUnknown() {
			return "", false
		}
		fmt.Fprintf(hash, "%q=%q\n", name, text.ValueString())
	}
	return hex.EncodeToString(hash.Sum(nil)[:8]), true
}

// restarting returns the keys of the planned members that are about to restart. Where
// a trigger is unknown, each of them may.
func (p *planner) restarting(members map[string]attr.Value) map[string]bool {
	mark, known := restartMark(p.plan.RestartTriggers)
	if p.state == nil || known && mark == "" {
		return nil
	}
	prior, _ := restartMark(p.state.RestartTriggers)
	restarting := make(map[string]bool)
	for key, member := range members {
		if memberID(member).IsUnknown() {
			continue
		}
		booted, seen := p.seen.Restarts[key]
		if !seen {
			booted = prior
		}
		restarting[key] = !known || booted != mark
	}
	return restarting
}
