package handle

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/manager"
)

// A scope is what the provider's configuration says of where its ledger lies, for example
// "local:.muster/default" or "aws:-:eu-central-1/shop-prod". Unlike a location it needs
// neither the file system nor the network, so that it is the same in plan and apply.
const (
	localScheme = "local"
	awsScheme   = "aws"
	// unsaid stands for what the configuration leaves to the environment.
	unsaid = "-"
)

// LocalScope returns the scope of a namespace on the local hosting service; directory is as
// it is configured.
func LocalScope(directory, namespace string) string {
	return fmt.Sprintf("%s:%s/%s", localScheme, filepath.Clean(directory), namespace)
}

// AWSScope returns the scope of a namespace on EC2. account and region are empty where the
// configuration doesn't say them.
func AWSScope(account, region, namespace string) string {
	return fmt.Sprintf("%s:%s:%s/%s", awsScheme, cmp.Or(account, unsaid), cmp.Or(region, unsaid), namespace)
}

// ScopeOf returns the scope in which a resource works; m is nil while the provider's
// configuration is unknown, and so is the scope then.
func ScopeOf(m *manager.Manager) types.String {
	if m == nil {
		return types.StringUnknown()
	}
	return fromScope(m.Scope())
}

func fromScope(scope string) types.String {
	if scope == "" {
		return types.StringNull()
	}
	return types.StringValue(scope)
}

// Elsewhere reports whether the group is certainly in another ledger than what has the
// scope. It is false while either isn't known, and where the two may be names of one place:
// nobody may be refused for what isn't known.
func (g Group) Elsewhere(scope types.String) bool {
	mine, hers := scope.ValueString(), g.Scope.ValueString()
	return mine != "" && hers != "" && apart(mine, hers)
}

// WithScope returns a group's handle with the scope where it has none, as in a state that
// was written without it.
func WithScope(group types.Object, scope types.String) types.Object {
	attributes := group.Attributes()
	if current, has := attributes["scope"]; !has || !current.IsNull() {
		return group
	}
	attributes["scope"] = scope
	return types.ObjectValueMust(GroupTypes(), attributes)
}

// apart reports whether two scopes can't mean the same ledger.
func apart(a, b string) bool {
	schemeA, placeA, namespaceA := cutScope(a)
	schemeB, placeB, namespaceB := cutScope(b)
	switch {
	case schemeA != schemeB || namespaceA != namespaceB:
		return true
	case schemeA == localScheme:
		// Whether a relative path leads to an absolute one, the configuration doesn't say.
		return placeA != placeB && filepath.IsAbs(placeA) == filepath.IsAbs(placeB)
	case schemeA == awsScheme:
		accountA, regionA, _ := strings.Cut(placeA, ":")
		accountB, regionB, _ := strings.Cut(placeB, ":")
		return differ(accountA, accountB) || differ(regionA, regionB)
	}
	return placeA != placeB
}

func differ(a, b string) bool { return a != b && a != unsaid && b != unsaid }

func cutScope(scope string) (scheme, place, namespace string) {
	scheme, place, _ = strings.Cut(scope, ":")
	if at := strings.LastIndex(place, "/"); at >= 0 {
		place, namespace = place[:at], place[at+1:]
	}
	return scheme, place, namespace
}

// Place says at the start of a sentence where the group belongs to.
func (g Group) Place() string {
	label := g.Label()
	return strings.ToUpper(label[:1]) + label[1:] + " belongs to " + g.Scope.ValueString()
}
