package provider

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/musterhq/terraform-provider-muster/internal/awsclient"
	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

type awsModel struct {
	Region                    types.String  `tfsdk:"region"`
	Profile                   types.String  `tfsdk:"profile"`
	AccessKey                 types.String  `tfsdk:"access_key"`
	SecretKey                 types.String  `tfsdk:"secret_key"`
	Token                     types.String  `tfsdk:"token"`
	SharedConfigFiles         types.List    `tfsdk:"shared_config_files"`
	SharedCredentialsFiles    types.List    `tfsdk:"shared_credentials_files"`
	AssumeRole                types.List    `tfsdk:"assume_role"`
	AssumeRoleWithWebIdentity types.Object  `tfsdk:"assume_role_with_web_identity"`
	AllowedAccountIDs         types.List    `tfsdk:"allowed_account_ids"`
	ForbiddenAccountIDs       types.List    `tfsdk:"forbidden_account_ids"`
	SkipCredentialsValidation types.Bool    `tfsdk:"skip_credentials_validation"`
	Endpoints                 types.Object  `tfsdk:"endpoints"`
	CustomCABundle            types.String  `tfsdk:"custom_ca_bundle"`
	MaxRetries                tfvalue.Whole `tfsdk:"max_retries"`
	RetryMode                 types.String  `tfsdk:"retry_mode"`
	DefaultTags               types.Map     `tfsdk:"default_tags"`
	KMSKeyID                  types.String  `tfsdk:"kms_key_id"`
}

type assumeRoleModel struct {
	RoleARN           types.String `tfsdk:"role_arn"`
	SessionName       types.String `tfsdk:"session_name"`
	ExternalID        types.String `tfsdk:"external_id"`
	Duration          types.String `tfsdk:"duration"`
	Policy            types.String `tfsdk:"policy"`
	PolicyARNs        types.List   `tfsdk:"policy_arns"`
	Tags              types.Map    `tfsdk:"tags"`
	TransitiveTagKeys types.List   `tfsdk:"transitive_tag_keys"`
	SourceIdentity    types.String `tfsdk:"source_identity"`
}

type webIdentityModel struct {
	RoleARN     types.String `tfsdk:"role_arn"`
	SessionName types.String `tfsdk:"session_name"`
	Duration    types.String `tfsdk:"duration"`
	Policy      types.String `tfsdk:"policy"`
	PolicyARNs  types.List   `tfsdk:"policy_arns"`
	Token       types.String `tfsdk:"web_identity_token"`
	TokenFile   types.String `tfsdk:"web_identity_token_file"`
}

// toAWS returns the aws block's values. The caller guarantees that they are known.
func toAWS(ctx context.Context, value types.Object) (awsModel, diag.Diagnostics) {
	var m awsModel
	diagnostics := value.As(ctx, &m, basetypes.ObjectAsOptions{})
	return m, diagnostics
}

// toOptions returns what the block says about account, region and calls.
func (m awsModel) toOptions(ctx context.Context) (awsclient.Options, diag.Diagnostics) {
	roles, diagnostics := toRoles(ctx, m.AssumeRole)
	identity, faults := toWebIdentity(ctx, m.AssumeRoleWithWebIdentity)
	diagnostics.Append(faults...)
	return awsclient.Options{
		Region:                    m.Region.ValueString(),
		Profile:                   m.Profile.ValueString(),
		AccessKey:                 m.AccessKey.ValueString(),
		SecretKey:                 m.SecretKey.ValueString(),
		Token:                     m.Token.ValueString(),
		SharedConfigFiles:         tfvalue.Texts(m.SharedConfigFiles),
		SharedCredentialsFiles:    tfvalue.Texts(m.SharedCredentialsFiles),
		AssumeRole:                roles,
		AssumeRoleWithWebIdentity: identity,
		AllowedAccountIDs:         tfvalue.Texts(m.AllowedAccountIDs),
		ForbiddenAccountIDs:       tfvalue.Texts(m.ForbiddenAccountIDs),
		Endpoints:                 tfvalue.TextMap(m.Endpoints.Attributes()),
		MaxRetries:                int(m.MaxRetries.ValueInt64()),
		RetryMode:                 m.RetryMode.ValueString(),
		SkipCredentialsValidation: m.SkipCredentialsValidation.ValueBool(),
		CustomCABundle:            m.CustomCABundle.ValueString(),
	}, diagnostics
}

func toRoles(ctx context.Context, value types.List) ([]awsclient.AssumeRole, diag.Diagnostics) {
	// A null element has been refused by then.
	var models []*assumeRoleModel
	diagnostics := value.ElementsAs(ctx, &models, false)
	var roles []awsclient.AssumeRole
	for _, m := range models {
		if m != nil {
			roles = append(roles, m.toRole())
		}
	}
	return roles, diagnostics
}

func (m assumeRoleModel) toRole() awsclient.AssumeRole {
	return awsclient.AssumeRole{
		RoleARN:           m.RoleARN.ValueString(),
		SessionName:       m.SessionName.ValueString(),
		ExternalID:        m.ExternalID.ValueString(),
		Policy:            m.Policy.ValueString(),
		SourceIdentity:    m.SourceIdentity.ValueString(),
		PolicyARNs:        tfvalue.Texts(m.PolicyARNs),
		Duration:          toDuration(m.Duration),
		Tags:              tfvalue.TextMap(m.Tags.Elements()),
		TransitiveTagKeys: tfvalue.Texts(m.TransitiveTagKeys),
	}
}

func toWebIdentity(ctx context.Context, value types.Object) (*awsclient.AssumeRoleWithWebIdentity, diag.Diagnostics) {
	if value.IsNull() {
		return nil, nil
	}
	var m webIdentityModel
	diagnostics := value.As(ctx, &m, basetypes.ObjectAsOptions{})
	return &awsclient.AssumeRoleWithWebIdentity{
		RoleARN:     m.RoleARN.ValueString(),
		SessionName: m.SessionName.ValueString(),
		Policy:      m.Policy.ValueString(),
		Token:       m.Token.ValueString(),
		TokenFile:   m.TokenFile.ValueString(),
		PolicyARNs:  tfvalue.Texts(m.PolicyARNs),
		Duration:    toDuration(m.Duration),
	}, diagnostics
}

// toDuration returns 0 for a text that is no duration: that is the validators' to
// refuse.
func toDuration(text types.String) time.Duration {
	duration, err := tfvalue.Duration(text, 0)
	if err != nil {
		return 0
	}
	return duration
}
