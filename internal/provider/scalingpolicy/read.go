package scalingpolicy

import (
	"context"
	"fmt"
	"maps"
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
	refreshed, seen, diagnostics := refresh(ctx, r.manager, state)
	resp.Diagnostics.Append(diagnostics...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, refreshed)...)
	resp.Diagnostics.Append(tfvalue.SavePrivate(ctx, resp.Private, sightingKey, seen)...)
}

// refresh returns the state with its evaluation, and what was seen.
func refresh(ctx context.Context, m manages, state model) (model, sighting, diag.Diagnostics) {
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
	if basis.Exists {
		seen.Signals = fetch(ctx, m, signals, basis.Servers)
	}
	if ctx.Err() != nil {
		diagnostics.Append(tfdiag.Unable("Read", noun, context.Cause(ctx)))
		return state, seen, diagnostics
	}
	evaluated, wrong := state.evaluate(ctx, signals, seen)
	diagnostics.Append(wrong...)
	return evaluated, seen, diagnostics
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

// fetch asks the sources for every signal that has one. servers are those in service.
func fetch(ctx context.Context, m manages, signals map[string]signalModel, servers []string) map[string]seenSignal {
	requests := make(map[string]manager.SignalRequest)
	for name, signal := range signals {
		source := signal.source()
		if source == "" {
			continue
		}
		query := signal.query()
		if query.PerServer != nil {
			query.PerServer.Servers = servers
		}
		requests[name] = manager.SignalRequest{Source: source, Query: query}
	}
	seen := make(map[string]seenSignal)
	for name, observation := range manager.Gather(ctx, m.Sources(), requests, fetchDeadline) {
		seen[name] = record(signals[name], observation, servers)
	}
	return seen
}

// evaluate writes what the engine makes of the stored arguments and of what was
// seen.
func (m model) evaluate(ctx context.Context, signals map[string]signalModel, seen sighting) (model, diag.Diagnostics) {
	m.Evaluation = types.StringNull()
	if m.MinServers.IsNull() || m.MaxServers.IsNull() {
		return m, nil // Imported, and not planned since.
	}
	compiled, faults := m.compile(ctx)
	if faults.HasError() {
		// The plan will say what is wrong with the configuration as it is now.
		return m, nil
	}
	decision, held := seen.decide(compiled, m, signals, int(m.DesiredServers.ValueInt64()))
	m.Evaluation = types.StringValue(decision.JSON())
	diagnostics := m.warnings(decision)
	if held {
		diagnostics.Append(m.warnSilent(decision, seen))
	}
	return m, diagnostics
}

// warnSilent tells of the servers for whose sake none is taken away.
func (m model) warnSilent(decision policy.Decision, seen sighting) diag.Diagnostic {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(seen.Signals)) {
		if silent := seen.Signals[name].Silent; silent != "" {
			lines = append(lines, fmt.Sprintf("Signal %q is not complete: %s.", name, silent))
		}
	}
	return diag.NewAttributeWarningDiagnostic(path.Root("signals"), "Scale-In Held",
		fmt.Sprintf("%s\n\nSo no server is taken away. The policy for server configuration %q has come to this: %s.\n\n"+
			"A new server has samples after a few minutes. Where it has none for longer, see whether the server sends the metric, or make the signal's window longer.",
			strings.Join(lines, "\n"), m.ServerConfiguration.ValueString(), decision.Sentence))
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
