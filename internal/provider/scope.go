package provider

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/provider/handle"
	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

// scope tells this configuration's ledger from those of other configurations of the
// provider. The caller guarantees that what says where it lies is known.
func (m model) scope(ctx context.Context) string {
	if m.AWS.IsNull() {
		directory, _ := m.Local.Attributes()["directory"].(types.String)
		return handle.LocalScope(tfvalue.StringOr(directory, defaultDirectory), tfvalue.StringOr(m.Namespace, defaultNamespace))
	}
	// Faults of the block have been reported by then.
	block, _ := toAWS(ctx, m.AWS)
	return handle.AWSScope(block.account(ctx), block.Region.ValueString(), m.Namespace.ValueString())
}

// account returns the ID of the account as far as the block says it: that of the role that
// is assumed last, or the only one that is allowed; empty otherwise.
func (m awsModel) account(ctx context.Context) string {
	options, _ := m.toOptions(ctx)
	var role string
	if identity := options.AssumeRoleWithWebIdentity; identity != nil {
		role = identity.RoleARN
	}
	for _, assumed := range options.AssumeRole {
		role = assumed.RoleARN
	}
	if account := accountOfRole(role); account != "" {
		return account
	}
	if len(options.AllowedAccountIDs) == 1 {
		return options.AllowedAccountIDs[0]
	}
	return ""
}

// accountOfRole returns the account in a role's ARN, arn:aws:iam::ACCOUNT:role/NAME.
func accountOfRole(arn string) string {
	const accountField = 4
	fields := strings.Split(arn, ":")
	if len(fields) <= accountField {
		return ""
	}
	return fields[accountField]
}
