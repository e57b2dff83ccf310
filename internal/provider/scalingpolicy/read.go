package scalingpolicy

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/manager"
	"github.com/musterhq/terraform-provider-muster/internal/policy"
	"github.com/musterhq/terraform-provider-muster/internal/tfdiag"
	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

// fetchDeadline is how long a source may take for all signals of a policy.
const fetchDeadline = 30 * time.Second

// Read looks at the group and at the signals, for the plan. It changes nothing in
// the state but the evaluation, so that looking is never a change. Whatever can't
// be read is a warning: the apply that it is part of may be about something else.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	defer tfdiag.Recover(&resp.Diagnostics, "Read", noun)
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || r.manager == nil {
		return
	}
	// What was kept before is of use but not needed.
	before, _ := tfvalue.LoadPrivate[sighting](ctx, req.Private, sightingKey)
	remembered, _ := tfvalue.LoadPrivate[memory](ctx, req.Private, memoryKey)
	refreshed, seen, diagnostics := refresh(ctx, r.manager, state, before, remembered)
	resp.Diagnostics.Append(diagnostics...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, refreshed)...)
	resp.Diagnostics.Append(tfvalue.SavePrivate(ctx, resp.Private, sightingKey, seen)...)
}

// refresh returns the state with its evaluation, and what was seen.
func refresh(ctx context.Context, m manages, state model, before sighting, remembered memory) (model, sighting, diag.Diagnostics) {
	var diagnostics diag.Diagnostics
	imported := state.DesiredServers.IsNull()
	basis, err := m.Basis(ctx, state.ServerConfiguration.ValueString(), state.ServerGroup.ValueString())
	seen := look(state, basis, m.Now())
	switch {
	case err != nil && (imported || ctx.Err() != nil):
		diagnostics.Append(tfdiag.Unable("Read", noun, err))
		return state, seen, diagnostics
	case err != nil:
		seen.Hidden = true
		diagnostics.Append(tfdiag.Warn("Look at the Server Group of", noun, err, "Its number of servers is held."))
	case imported:
		adopted, wrong := state.adopt(basis)
		return adopted, seen, wrong
	}
	signals, wrong := state.signals(ctx)
	diagnostics.Append(wrong...)
	// The plan will say what is wrong with the configuration as it is now.
	compiled, _ := state.compile(ctx)
	if basis.Exists {
		whole := seen.keep(compiled, signals, fetch(ctx, m, signals, basis), before)
		if !whole {
			diagnostics.Append(state.warnForgetful())
		}
	}
	if ctx.Err() != nil {
		diagnostics.Append(tfdiag.Unable("Read", noun, context.Cause(ctx)))
		return state, seen, diagnostics
	}
	evaluated, wrong := state.evaluate(compiled, signals, seen, remembered)
	diagnostics.Append(wrong...)
	return evaluated, seen, diagnostics
}

// keep records the observations, with as much of their past as there is room for. It
// reports whether that is all of it.
func (s *sighting) keep(compiled *policy.Policy, signals map[string]signalModel, observations map[string]policy.Observation, before sighting) bool {
	snapshot := policy.Snapshot{Now: s.ObservedAt, Servers: s.toServers(), Signals: observations}
	const all = math.MaxInt32
	for _, most := range []int{all, 60, 16, 4, 1} {
		condensed := observations
		if compiled != nil {
			condensed = compiled.Condense(snapshot, most)
		}
		s.record(signals, condensed, before)
		if s.size() <= maxSightingBytes {
			return most == all
		}
	}
	for name, seen := range s.Signals {
		if seen.Servers != nil {
			s.Signals[name] = seenSignal{Query: seen.Query, Pending: tooMuch}
		}
	}
	return false
}

// warnForgetful says what it means that the past of the signals isn't kept.
func (m model) warnForgetful() diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("signals"), "Signals Are Kept Without All of Their Past",
		fmt.Sprintf("The servers of %s have more samples than the %d KB that a policy keeps in the state. Its oldest samples are left out: "+
			"stabilization windows, and rules that look at several periods, see less than they were told to. "+
			"Let the source reduce some of the signals to one series for the whole group, or give them longer periods.",
			m.ServerConfiguration.ValueString(), maxSightingBytes>>10))
}

// adopt fills in the state of an imported policy: it takes the group as it is, so
// that the import itself scales nothing.
func (m model) adopt(basis manager.Basis) (model, diag.Diagnostics) {
	var diagnostics diag.Diagnostics
	if !basis.Exists {
		diagnostics.AddError("Unable to Import Scaling Policy",
			fmt.Sprintf("There is no server group of configuration %q whose size the policy could take over.", m.ServerConfiguration.ValueString()))
		return m, diagnostics
	}
	m.DesiredServers = types.Int64Value(int64(basis.Intended))
	m.InitialServers = tfvalue.Whole{Int64: m.DesiredServers}
	m.Decision = types.StringValue(fmt.Sprintf("%d: taken over from server group %s", basis.Intended, basis.Group))
	return m, diagnostics
}

// fetch asks the sources for every signal that has one.
func fetch(ctx context.Context, m manages, signals map[string]signalModel, basis manager.Basis) map[string]policy.Observation {
	requests := make(map[string]manager.SignalRequest)
	for name, signal := range signals {
		source := signal.source()
		if source == "" {
			continue
		}
		query := signal.query()
		if query.PerServer != nil {
			query.PerServer.Servers = basis.Serving()
			query.PerServer.Names = namesOf(basis)
		}
		requests[name] = manager.SignalRequest{Source: source, Query: query}
	}
	return manager.Gather(ctx, m.Sources(), requests, fetchDeadline)
}

func namesOf(basis manager.Basis) map[string]string {
	names := make(map[string]string)
	for _, server := range basis.Servers {
		for _, name := range server.Names {
			names[name] = server.ID
		}
	}
	return names
}

// evaluate writes what the engine makes of the stored arguments and of what was
// seen. An imported policy that has not been planned since has no arguments.
func (m model) evaluate(compiled *policy.Policy, signals map[string]signalModel, seen sighting, remembered memory) (model, diag.Diagnostics) {
	m.Evaluation = types.StringNull()
	if m.MinServers.IsNull() || m.MaxServers.IsNull() || compiled == nil {
		return m, nil
	}
	decision := compiled.Decide(seen.snapshot(m, signals, remembered, int(m.DesiredServers.ValueInt64())))
	m.Evaluation = types.StringValue(decision.JSON())
	return m, slices.Concat(m.warnings(decision), m.warnIncomplete(decision))
}

// warnIncomplete tells of the signals for whose sake no server is taken away.
func (m model) warnIncomplete(decision policy.Decision) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	for _, rule := range decision.Trace.Rules {
		if decision.Reason != policy.ReasonIncompleteMetric || rule.Lacks == "" {
			continue
		}
		diagnostics.AddAttributeWarning(path.Root("signals").AtMapKey(rule.Signal), "Scale-In Held",
			fmt.Sprintf("Signal %q is not complete, so no server is taken away. The policy for server configuration %q has come to this: %s.\n\n"+
				"A new server has samples after a few minutes. Where there are none for longer, see whether they are sent; where they come late, set the signal's offset or max_age.",
				rule.Signal, m.ServerConfiguration.ValueString(), decision.Sentence))
	}
	return diagnostics
}

func (m model) warnings(decision policy.Decision) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	if len(decision.Missing) == 0 {
		return diagnostics
	}
	var lines []string
	for _, missing := range decision.Missing {
		lines = append(lines, fmt.Sprintf("Signal %q has no data (%s).", missing.Signal, missing.Cause))
	}
	diagnostics.AddAttributeWarning(path.Root("signals"), "Scaling Policy Without Data",
		fmt.Sprintf("%s\n\nThe policy for server configuration %q has come to this: %s.\n\n"+
			"If that doesn't pass by itself, correct the metric source in the provider's configuration, or what the signal asks for. "+
			"The signal's on_missing says what is done meanwhile.",
			strings.Join(lines, "\n"), m.ServerConfiguration.ValueString(), decision.Sentence))
	return diagnostics
}
