package scalingpolicy

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/policy"
	"github.com/musterhq/terraform-provider-muster/internal/tfdiag"
	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

// planner computes a policy's plan from its arguments, its refreshed state and
// what the refresh has seen, and from nothing else.
type planner struct {
	plan model
	// initial is initial_servers as it is configured: in plan, one that isn't
	// configured can't be told from one that isn't known.
	initial tfvalue.Whole
	// state is nil on creation.
	state *model
	seen  sighting
	// memory is what earlier applies have left.
	memory memory
}

// compute fills in the computed attributes of the plan.
func (p planner) compute(ctx context.Context) (model, diag.Diagnostics) {
	compiled, diagnostics := p.plan.compile(ctx)
	if diagnostics.HasError() {
		return p.plan, diagnostics
	}
	if p.state == nil {
		return p.create(ctx, compiled)
	}
	return p.update(ctx, compiled)
}

// create starts with initial_servers or, without it, with what the engine makes of
// bounds and literals.
func (p planner) create(ctx context.Context, compiled *policy.Policy) (model, diag.Diagnostics) {
	var diagnostics diag.Diagnostics
	plan := p.plan
	plan.Evaluation = types.StringNull()
	plan.InitialServers = p.initial
	switch {
	case p.initial.IsUnknown():
		plan.DesiredServers, plan.Decision = p.pinned(), types.StringUnknown()
	case !p.initial.IsNull():
		diagnostics.Append(plan.checkInitial()...)
		plan.DesiredServers = p.initial.Int64
		plan.Decision = types.StringValue(fmt.Sprintf("%d: initial_servers", p.initial.ValueInt64()))
	case compiled == nil || !plan.startKnown(ctx):
		plan.DesiredServers, plan.Decision = p.pinned(), types.StringUnknown()
		plan.InitialServers = tfvalue.Whole{Int64: plan.DesiredServers}
	default:
		decision := compiled.Decide(policy.Snapshot{Unseen: policy.NoGroupYet})
		plan.DesiredServers = types.Int64Value(int64(decision.Desired))
		plan.Decision = types.StringValue(decision.Sentence)
		plan.InitialServers = tfvalue.Whole{Int64: plan.DesiredServers}
	}
	return plan, diagnostics
}

// startKnown reports whether everything is known that the first decision depends
// on: the signals that have a source say nothing then.
func (m model) startKnown(ctx context.Context) bool {
	if !tfvalue.Known(ctx, m.MinServers, m.MaxServers, m.Mode, m.Rules) || m.Signals.IsUnknown() {
		return false
	}
	for _, element := range m.Signals.Elements() {
		signal, diagnostics := object[signalModel](ctx, element)
		if element.IsUnknown() || diagnostics.HasError() || signal.Literal.IsUnknown() || signal.Expression.IsUnknown() {
			return false
		}
	}
	return true
}

// pinned returns the one number that the bounds allow, whatever isn't known yet.
func (p planner) pinned() types.Int64 {
	lower, upper := p.plan.MinServers, p.plan.MaxServers
	if !lower.IsUnknown() && lower.Equal(upper) {
		return lower.Int64
	}
	return types.Int64Unknown()
}

func (m model) checkInitial() diag.Diagnostics {
	var diagnostics diag.Diagnostics
	initial := m.InitialServers.ValueInt64()
	below := !m.MinServers.IsUnknown() && initial < m.MinServers.ValueInt64()
	above := !m.MaxServers.IsUnknown() && initial > m.MaxServers.ValueInt64()
	if below || above {
		diagnostics.AddAttributeError(path.Root("initial_servers"), "Invalid Scaling Policy",
			fmt.Sprintf("initial_servers: the policy can't start with %d servers, which is outside min_servers and max_servers.", initial))
	}
	return diagnostics
}

// update decides anew from what the refresh has seen.
func (p planner) update(ctx context.Context, compiled *policy.Policy) (model, diag.Diagnostics) {
	plan, state := p.plan, *p.state
	plan.Evaluation = state.Evaluation
	plan.InitialServers = state.InitialServers
	if compiled == nil || !plan.known(ctx) {
		plan.DesiredServers, plan.Decision = p.pinned(), types.StringUnknown()
		return plan, nil
	}
	signals, diagnostics := plan.signals(ctx)
	decision := compiled.Decide(p.seen.snapshot(plan, signals, p.memory, int(state.DesiredServers.ValueInt64())))
	diagnostics.Append(refusals(decision)...)
	plan.DesiredServers = types.Int64Value(int64(decision.Desired))
	plan.Decision = types.StringValue(decision.Sentence)
	if plan.DesiredServers.Equal(state.DesiredServers) && plan.sameArguments(state) {
		// The sentence explains the number that is in force. What the engine
		// makes of the present is in the evaluation.
		plan.Decision = state.Decision
	}
	return plan, diagnostics
}

// refusals returns an attribute error for every signal that the policy must not do
// without.
func refusals(decision policy.Decision) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	var required *policy.RequiredError
	if !errors.As(decision.Err(), &required) {
		return diagnostics
	}
	for _, missing := range required.Missing {
		diagnostics.AddAttributeError(path.Root("signals").AtMapKey(missing.Signal), "Signal Without Data",
			tfdiag.Sentence(fmt.Sprintf("signal %q has no data (%s), and its on_missing is %q", missing.Signal, missing.Cause, policy.OnMissingFail)))
	}
	return diagnostics
}
