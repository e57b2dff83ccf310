package provider

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

// awsAttribute has the names that people know from the AWS provider.
func awsAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "The hosting service on Amazon EC2, in place of the local one. Everything in it may be left out: " +
			"the AWS SDK then finds region and credentials in environment variables, shared files or the machine's role. " +
			"See [Authentication and permissions on AWS](guides/aws.md).",
		Attributes: map[string]schema.Attribute{
			"region":     text("The region. Default: `AWS_REGION`, `AWS_DEFAULT_REGION` or the region of the profile."),
			"profile":    text("The profile of the shared files to use. It goes before the keys in the environment. Default: `AWS_PROFILE`."),
			"access_key": text("The access key. Default: `AWS_ACCESS_KEY_ID`."),
			"secret_key": secret("The secret key. Default: `AWS_SECRET_ACCESS_KEY`."),
			"token":      secret("The session token of a temporary access key. Default: `AWS_SESSION_TOKEN`."),

			"shared_config_files":      texts("The shared configuration files. Default: `AWS_CONFIG_FILE` or `~/.aws/config`."),
			"shared_credentials_files": texts("The shared credentials files. Default: `AWS_SHARED_CREDENTIALS_FILE` or `~/.aws/credentials`."),

			"assume_role":                   assumeRoleAttribute(),
			"assume_role_with_web_identity": webIdentityAttribute(),

			"allowed_account_ids":         texts("The IDs of the accounts that may be used. With another one, the provider refuses to work."),
			"forbidden_account_ids":       texts("The IDs of accounts that must not be used."),
			"skip_credentials_validation": flag("Whether to do without asking STS whose the credentials are, for endpoints that have no STS. The account is then unknown. Default: false."),

			"endpoints":        endpointsAttribute(),
			"custom_ca_bundle": text("The path of a file with the certificates (PEM) of the authorities to trust, in place of the system's. Default: `AWS_CA_BUNDLE`."),
			"max_retries": schema.Int64Attribute{
				CustomType: tfvalue.WholeType{}, Optional: true,
				Validators:          []validator.Int64{int64validator.AtLeast(1)},
				MarkdownDescription: "How often a call is tried again that AWS has throttled or failed to answer. A launch without capacity is never tried again like this: it falls through to the next type or subnet. Default: one less than `AWS_MAX_ATTEMPTS`, else 25.",
			},
			"retry_mode": text("`standard` or `adaptive`. Calls are kept below AWS's rates in both. Default: `AWS_RETRY_MODE`, else `standard`."),

			"default_tags": schema.MapAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Tags of everything that the provider makes: instances, volumes, launch templates and SSM parameters. A configuration's own tags go before them. " +
					"Keys are made of letters, digits and `+ - = . , _ : @`, because instances show their tags in their metadata.",
			},
			"kms_key_id": text("The ID, the ARN or the alias of the KMS key that encrypts the SSM parameters with secrets. Default: the account's key for SSM, `alias/aws/ssm`, which everybody in the account who may read the parameters may use."),
		},
	}
}

func assumeRoleAttribute() schema.ListNestedAttribute {
	return schema.ListNestedAttribute{
		Optional:            true,
		MarkdownDescription: "The roles to assume, one after the other: each with the credentials of the one before it.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"role_arn":     required("The ARN of the role."),
			"session_name": text("The name of the session, as CloudTrail shows it. Default: `terraform-provider-muster`."),
			"external_id":  text("The external ID that the role's trust policy asks for."),
			"duration":     session("How long a session lasts, from `15m` to `12h`. It is renewed as long as the run lasts. Default: `15m`."),
			"policy":       text("A session policy in JSON, which restricts the session further."),
			"policy_arns":  texts("The ARNs of managed policies as session policies."),
			"tags": schema.MapAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "The session's tags.",
			},
			"transitive_tag_keys": texts("The keys of the tags that are passed on to the next session of the chain."),
			"source_identity":     text("The source identity, which stays with all sessions of the chain."),
		}},
	}
}

func webIdentityAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "A role to assume with a web identity token, such as a CI system issues. It goes before all other credentials, and `assume_role` begins at it. Without it, `AWS_ROLE_ARN` and `AWS_WEB_IDENTITY_TOKEN_FILE` do the same.",
		Attributes: map[string]schema.Attribute{
			"role_arn":                required("The ARN of the role."),
			"session_name":            text("The name of the session, as CloudTrail shows it. Default: `terraform-provider-muster`."),
			"duration":                session("How long a session lasts, from `15m` to `12h`. It is renewed as long as the run lasts. Default: the role's own."),
			"policy":                  text("A session policy in JSON, which restricts the session further."),
			"policy_arns":             texts("The ARNs of managed policies as session policies."),
			"web_identity_token":      secret("The token. Either this or `web_identity_token_file` is required."),
			"web_identity_token_file": text("The path of a file with the token. It is read anew whenever a session is renewed."),
		},
	}
}

func endpointsAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Base URLs to use in place of AWS's own. Default: `AWS_ENDPOINT_URL_EC2` and so on, or `AWS_ENDPOINT_URL`. See [EC2-compatible endpoints](guides/ec2-compatible-endpoints.md).",
		Attributes: map[string]schema.Attribute{
			"ec2":        text("The endpoint of Amazon EC2."),
			"ssm":        text("The endpoint of AWS Systems Manager. Servers with `channel = \"ssm\"` use it too."),
			"sts":        text("The endpoint of AWS STS."),
			"cloudwatch": text("The endpoint of Amazon CloudWatch."),
		},
	}
}

func text(description string) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, MarkdownDescription: description}
}

func required(description string) schema.StringAttribute {
	return schema.StringAttribute{Required: true, MarkdownDescription: description}
}

func secret(description string) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, Sensitive: true, MarkdownDescription: description}
}

func session(description string) schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true,
		// Which durations are right is awsclient's to say.
		Validators:          []validator.String{tfvalue.DurationAtLeast(0)},
		MarkdownDescription: description,
	}
}

func texts(description string) schema.ListAttribute {
	return schema.ListAttribute{
		Optional: true, ElementType: types.StringType,
		MarkdownDescription: description,
	}
}

func flag(description string) schema.BoolAttribute {
	return schema.BoolAttribute{Optional: true, MarkdownDescription: description}
}
