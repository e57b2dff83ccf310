package servergroup

import (
	"context"
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

// boots returns what the handle is to know the planned members by: unknown for one
// that is about to restart, as before for one that stays. Where a trigger is unknown,
// each of them may restart.
func (p *planner) boots(ctx context.Context, members map[string]attr.Value, changes changes) map[string]attr.Value {
	boots := make(map[string]attr.Value)
	if p.state == nil {
		return boots
	}
	before := p.state.boots(ctx)
	mark, known := restartMark(p.plan.RestartTriggers)
	prior, _ := restartMark(p.state.RestartTriggers)
	for key, member := range members {
		booted, seen := p.seen.Restarts[key]
		if !seen {
			booted = prior
		}
		_, due := p.seen.RestartsDue[key]
		switch {
		case memberID(member).IsUnknown():
		case !known, mark != "" && booted != mark, due, changes.restart():
			boots[key] = types.StringUnknown()
		default:
			boots[key] = before[key]
		}
	}
	return boots
}
