package servergroup

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/manager"
	"github.com/musterhq/terraform-provider-muster/internal/provider/handle"
	"github.com/musterhq/terraform-provider-muster/internal/tfdiag"
)

// planner computes a group's plan from its arguments, its refreshed state and what
// the refresh has seen. It reads nothing else, because the plan is computed again
// within apply and must come out the same.
type planner struct {
	plan model
	// name is the name as it is configured.
	name types.String
	// secrets is parameters_wo as it is configured: a plan never holds it.
	secrets       types.Map
	configuration handle.Configuration
	// scope is that of a group that is created.
	scope types.String
	// state is nil on creation.
	state *model
	seen  sighting
}

// compute fills in the computed attributes of the plan.
func (p *planner) compute(ctx context.Context) (model, diag.Diagnostics) {
	p.plan.Name = p.groupName()
	p.keep()
	diagnostics := p.checkParameters()
	prior := p.priorHandle(ctx, &diagnostics)
	group := handle.Group{
		Name:        p.plan.Name,
		Incarnation: prior.Incarnation,
		Membership:  prior.Membership,
		Outputs:     p.configuration.Outputs,
		Parameters:  p.configuration.Parameters,
		Scope:       p.groupScope(ctx),
	}
	if diagnostics.HasError() {
		return p.plan, diagnostics
	}
	if _, known := p.fingerprint(); !known || p.plan.DesiredServers.IsUnknown() {
		// Which members are replaced, and why, shows when the rest is known.
		p.plan.Replacements = types.MapUnknown(types.StringType)
	}
	if p.plan.Name.IsUnknown() || p.configuration.ID.IsUnknown() || p.plan.DesiredServers.IsUnknown() {
		p.planUnknownMembers(group)
	} else {
		p.planMembers(ctx, group)
	}
	return p.plan, diagnostics
}

// keep plans what only changes with something else as it was.
func (p *planner) keep() {
	if p.state == nil {
		p.plan.Location = types.StringUnknown()
		p.plan.Replacements = types.MapValueMust(types.StringType, map[string]attr.Value{})
		p.plan.Effects = p.plan.Replacements
		return
	}
	p.plan.Location = p.state.Location
	p.plan.Replacements = p.state.Replacements
	p.plan.Effects = p.state.Effects
}

func (p *planner) planUnknownMembers(group handle.Group) {
	p.plan.Members = types.MapUnknown(memberType())
	group.Members = types.MapUnknown(types.StringType)
	group.Membership = types.StringUnknown()
	p.plan.Handle = group.Object()
	if p.state != nil {
		p.plan.Effects = types.MapUnknown(types.StringType)
	}
}

func (p *planner) planMembers(ctx context.Context, group handle.Group) {
	changes := p.changes()
	members, reasons := p.members(ctx, changes)
	p.plan.setMembers(members, group, p.boots(ctx, members, changes))
	if p.state != nil && !p.plan.Members.Equal(p.state.Members) || p.unfinished() || len(changes) > 0 {
		p.plan.forgetMembership(ctx)
	}
	p.plan.Effects = p.effects(members, changes)
	if changes.unknown() && changes.replace() {
		p.plan.Replacements = types.MapUnknown(types.StringType)
	}
	if len(reasons) > 0 && !p.plan.Replacements.IsUnknown() {
		p.plan.Replacements = types.MapValueMust(types.StringType, reasons)
	}
}

// groupName is the configured name or, without one, the configuration's. Where that
// isn't known yet, a group that exists keeps the name that it has.
func (p *planner) groupName() types.String {
	switch {
	case !p.name.IsNull():
		return p.name
	case p.configuration.Name.IsUnknown() && p.state != nil:
		return p.state.Name
	}
	return p.configuration.Name
}

// unfinished reports whether the hosting service has something else on record than
// what is planned, or servers too many: then there is work also where no member
// changes.
func (p *planner) unfinished() bool {
	if p.state == nil || p.seen.Fingerprint == "" {
		return false
	}
	fingerprint, known := p.fingerprint()
	mark, markKnown := restartMark(p.plan.RestartTriggers)
	return p.seen.Launching || len(p.seen.Leftovers) > 0 || known && p.seen.Fingerprint != fingerprint || markKnown && p.seen.Restart != mark || p.seen.Size != int(p.plan.DesiredServers.ValueInt64())
}

// priorHandle returns the handle in the state, of which nothing is known on creation.
func (p *planner) priorHandle(ctx context.Context, diagnostics *diag.Diagnostics) handle.Group {
	unknown := handle.Group{Incarnation: types.StringUnknown(), Membership: types.StringUnknown()}
	if p.state == nil {
		return unknown
	}
	prior, ok, faults := handle.ParseGroup(ctx, p.state.Handle)
	diagnostics.Append(faults...)
	if !ok {
		return unknown
	}
	return prior
}

// members plans the members: a survivor keeps its state, every other slot gets a
// server that is not known yet. reasons says why a member is replaced.
func (p *planner) members(ctx context.Context, changes changes) (members, reasons map[string]attr.Value) {
	members, reasons = make(map[string]attr.Value), make(map[string]attr.Value)
	fingerprint, fingerprintKnown := p.fingerprint()
	group := p.plan.Name.ValueString()
	before := p.priorMembers()
	for slot := range int(p.plan.DesiredServers.ValueInt64()) {
		key := hosting.MemberKey(group, slot)
		prior, exists := before[key]
		reason := p.replaceReason(ctx, key, fingerprint, fingerprintKnown)
		switch {
		case !exists:
			members[key] = newMember()
		case reason == "" && changes.replace():
			reason = changes.reason()
			fallthrough
		case reason != "":
			members[key] = newMember()
			reasons[key] = types.StringValue(reason)
		case !fingerprintKnown:
			members[key] = newMember()
		default:
			members[key] = prior
		}
	}
	for _, key := range p.seen.Leftovers {
		if _, said := reasons[key]; !said {
			reasons[key] = types.StringValue("a server that an interrupted change has left over is terminated")
		}
	}
	return members, reasons
}

// priorMembers returns the state of the members that ran when they were last
// looked at, by key.
func (p *planner) priorMembers() map[string]attr.Value {
	if p.state == nil {
		return nil
	}
	members := p.state.Members.Elements()
	maps.DeleteFunc(members, func(_ string, member attr.Value) bool { return memberID(member).IsNull() })
	return members
}

func (p *planner) replaceReason(ctx context.Context, key, fingerprint string, fingerprintKnown bool) string {
	if reason, unwell := p.seen.Unwell[key]; unwell {
		return reason
	}
	if p.state == nil || !fingerprintKnown {
		return ""
	}
	before, seen := p.seen.Fingerprints[key]
	if !seen {
		before, seen = p.priorFingerprint(ctx)
	}
	if seen && before != fingerprint {
		return p.changeReason(ctx)
	}
	return ""
}

// changeReason says what in the arguments makes a member outdated.
func (p *planner) changeReason(ctx context.Context) string {
	prior, ok, _ := handle.ParseConfiguration(ctx, p.state.ServerConfiguration)
	if ok && !prior.ID.Equal(p.configuration.ID) {
		return fmt.Sprintf("server configuration changes from %s to %s", prior.ID.ValueString(), p.configuration.ID.ValueString())
	}
	if p.state.Parameters.Equal(p.plan.Parameters) {
		return "it was launched from an earlier configuration or from other parameters"
	}
	return "a parameter that is set at launch changes"
}

func (p *planner) priorFingerprint(ctx context.Context) (string, bool) {
	prior, ok, _ := handle.ParseConfiguration(ctx, p.state.ServerConfiguration)
	if !ok {
		return "", false
	}
	return fingerprintOf(prior, p.state.Parameters)
}

func (p *planner) fingerprint() (string, bool) {
	return fingerprintOf(p.configuration, p.plan.Parameters)
}

// fingerprintOf takes only those of the parameters that are part of what a server is: a
// change of any other reaches the servers that run.
func fingerprintOf(configuration handle.Configuration, parameters types.Map) (string, bool) {
	declared, known := handle.Parameters(configuration.Parameters)
	if !known || configuration.ID.IsUnknown() || parameters.IsUnknown() {
		return "", false
	}
	launched := parameters.Elements()
	maps.DeleteFunc(launched, func(name string, _ attr.Value) bool { return declared[name].Delivered() })
	values, ok := launchValues(types.MapValueMust(types.StringType, launched))
	if !ok {
		return "", false
	}
	return manager.Fingerprint(configuration.ID.ValueString(), values), true
}

// launchValues returns the parameters as text; ok is false where one is unknown.
func launchValues(parameters types.Map) (values map[string]string, ok bool) {
	if parameters.IsUnknown() {
		return nil, false
	}
	values = make(map[string]string)
	for name, element := range parameters.Elements() {
		text, isText := element.(types.String)
		if !isText || text.IsUnknown() {
			return nil, false
		}
		if !text.IsNull() {
			values[name] = text.ValueString()
		}
	}
	return values, true
}

// checkParameters holds the values against the declarations, as far as both are
// known.
func (p *planner) checkParameters() diag.Diagnostics {
	var diagnostics diag.Diagnostics
	if p.plan.Parameters.IsUnknown() || p.configuration.Parameters.IsUnknown() {
		return diagnostics
	}
	owner := handle.Group{Name: p.plan.Name}.Label()
	diagnostics.Append(p.checkSecrets(owner)...)
	given := p.plan.Parameters.Elements()
	for _, name := range slices.Sorted(maps.Keys(given)) {
		at := path.Root("parameters").AtMapKey(name)
		if given[name].IsNull() {
			delete(given, name)
			continue
		}
		declared, known, err := handle.LookupParameter(p.configuration.Parameters, owner, name)
		if err != nil {
			diagnostics.AddAttributeError(at, "Undeclared Parameter", tfdiag.Sentence(err.Error()))
			continue
		}
		if text, ok := given[name].(types.String); ok && known {
			diagnostics.Append(checkValue(at, name, declared, text)...)
		}
	}
	maps.Copy(given, p.secrets.Elements())
	if p.secrets.IsUnknown() {
		return diagnostics
	}
	for _, name := range handle.MissingValues(p.configuration.Parameters, given) {
		diagnostics.Append(p.missing(name, owner))
	}
	return diagnostics
}

func checkValue(at path.Path, name string, declared boot.Parameter, text types.String) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	switch {
	case declared.Sensitive:
		diagnostics.AddAttributeError(at, "Sensitive Parameter",
			fmt.Sprintf("Parameter %q is sensitive and has no value here, because Terraform would store it. %s", name, secretAdvice(declared)))
	case declared.Deferred:
		diagnostics.AddAttributeError(at, "Deferred Parameter",
			fmt.Sprintf("Parameter %q is deferred and takes its value from a muster_parameter_injection. Use one, or declare the parameter without deferred.", name))
	case text.IsUnknown():
	default:
		if err := declared.Check(text.ValueString()); err != nil {
			diagnostics.AddAttributeError(at, "Invalid Parameter Value", fmt.Sprintf("Parameter %q: %s.", name, strings.TrimSuffix(err.Error(), ".")))
		}
	}
	return diagnostics
}
