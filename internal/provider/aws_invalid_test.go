package provider_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
)

// The block, as it is to be in the rows of the tables.
const invalidAWS = "Invalid AWS Configuration"

// awsArguments returns the arguments of a provider block for the account at an
// endpoint; more goes into its aws block.
func awsArguments(endpoint awsfake.Endpoint, more string) string {
	return fmt.Sprintf(`namespace = "test"
  aws = {
    region     = %q
    access_key = %q
    secret_key = %q
    endpoints  = { ec2 = %[4]q, ssm = %[4]q, sts = %[4]q, cloudwatch = %[4]q }
    %[5]s
  }`, endpoint.Region, endpoint.AccessKey, endpoint.SecretKey, endpoint.URL, more)
}

// awsMistakes are those that are seen whatever the environment says.
func awsMistakes() map[string]mistake {
	block := func(arguments string, want ...diagnosis) mistake {
		return mistake{config: sound(), provider: "namespace = \"test\"\n aws = {\n" + arguments + "\n}", want: want}
	}
	invalid := func(arguments string, details ...string) mistake {
		var want []diagnosis
		for _, detail := range details {
			want = append(want, diagnosis{"aws", invalidAWS, detail})
		}
		return block(arguments, want...)
	}
	tag := func(tag, fault string) mistake {
		return invalid("default_tags = { "+tag+" }", "aws.default_tags: the tag "+fault)
	}
	return map[string]mistake{
		"aws beside local": {
			config:   sound(),
			provider: "namespace = \"test\"\n local = {}\n aws = {}",
			want: []diagnosis{{"aws", "Two Hosting Services", "aws and local exclude each other: the servers of a provider run in one place. " +
				"Remove one of them, or give each a provider block of its own with an alias."}},
		},
		"aws without a namespace": {
			config:   sound(),
			provider: "aws = {}",
			want: []diagnosis{{"provider", "Missing Namespace", "With aws, a namespace is required: it is the fence around what this Terraform state sees and touches in the account. " +
				`Two states without one would take each other's servers for their own. Choose a name for this state alone, for example namespace = "shop-prod".`}},
		},
		"an access key alone":        invalid(`access_key = "AKIA"`, "aws.access_key needs secret_key beside it; to take both from somewhere else, set neither."),
		"a secret key alone":         invalid(`secret_key = "`+canary+`"`, "aws.secret_key needs access_key beside it; to take both from somewhere else, set neither."),
		"a session token alone":      invalid(`token = "`+canary+`"`, "aws.token needs access_key and secret_key beside it."),
		"a retry mode of its own":    invalid(`retry_mode = "hasty"`, `aws.retry_mode is "hasty"; it must be standard or adaptive.`),
		"an account that is no ID":   invalid(`allowed_account_ids = ["prod"]`, `aws.allowed_account_ids.0 is "prod"; an account ID is 12 digits, in quotes.`),
		"accounts without an answer": invalid(`forbidden_account_ids = ["123456789012"], skip_credentials_validation = true`, "aws.forbidden_account_ids can't be held against an account that is unknown; remove skip_credentials_validation, which keeps the provider from asking for it."),
		"an endpoint with a secret":  invalid(`endpoints = { ssm = "https://me:`+canary+`@x" }`, "aws.endpoints.ssm must not hold a user or a password; requests are signed with the credentials."),
		"two mistakes at once":       invalid(`retry_mode = "hasty", endpoints = { ec2 = "x" }`, `aws.retry_mode is "hasty"; it must be standard or adaptive.`, "aws.endpoints.ec2 must begin with http:// or https://."),

		"a role by its name": invalid(`assume_role = [{ role_arn = "arn:aws:iam::123456789012:role/hub" }, { role_arn = "deploy" }]`,
			`aws.assume_role.1.role_arn is "deploy"; write the ARN of a role, like arn:aws:iam::123456789012:role/deploy.`),
		"a session that is too long": invalid(`assume_role = [{ role_arn = "arn:aws:iam::123456789012:role/hub", duration = "13h" }]`,
			"aws.assume_role.0.duration is 13h0m0s; a session lasts from 15m to 12h."),
		"a session that is too short": invalid(`assume_role = [{ role_arn = "arn:aws:iam::123456789012:role/hub", duration = "1m" }]`,
			"aws.assume_role.0.duration is 1m0s; a session lasts from 15m to 12h."),
		"a session without a unit": block(`assume_role_with_web_identity = { role_arn = "arn:aws:iam::123456789012:role/hub", web_identity_token = "`+canary+`", duration = "900" }`,
			diagnosis{"provider", "Invalid Duration", `aws.assume_role_with_web_identity.duration: "900" is not a duration; write for example 90s or 5m.`}),
		"a web identity with two tokens": invalid(`assume_role_with_web_identity = { role_arn = "arn:aws:iam::123456789012:role/hub", web_identity_token = "`+canary+`", web_identity_token_file = "x" }`,
			"aws.assume_role_with_web_identity needs one of web_identity_token and web_identity_token_file."),
		"no retries": block(`max_retries = 0`,
			diagnosis{"provider", "Invalid Attribute Value", "Attribute aws.max_retries value must be at least 1, got: 0"}),
		"half a retry": block(`max_retries = 1.5`,
			diagnosis{"provider", "Not a Whole Number", "aws.max_retries must be a whole number, not 1.5. Round it, for example with ceil()."}),
		"nulls": invalid(`allowed_account_ids = ["123456789012", null], default_tags = { k = null }, assume_role = [{ role_arn = "arn:aws:iam::123456789012:role/hub", policy_arns = [null] }]`,
			"aws.allowed_account_ids.1 is null; leave out what isn't there.",
			"aws.assume_role.0.policy_arns.0 is null; leave out what isn't there.",
			"aws.default_tags.k is null; leave out what isn't there."),

		"a tag with a space":        tag(`"Patch Group" = "x"`, `"Patch Group" has a key that instance metadata can't show, and instances show their tags there; use letters, digits and + - = . , _ : @ only.`),
		"a tag with a slash":        tag(`"kubernetes.io/role" = "x"`, `"kubernetes.io/role" has a key that instance metadata can't show, and instances show their tags there; use letters, digits and + - = . , _ : @ only.`),
		"a tag that metadata keeps": tag(`"_index" = "x"`, `"_index" has a key that the instance metadata service keeps for itself; choose another one.`),
		"a tag of AWS":              tag(`"AWS:x" = "x"`, `"AWS:x" has a key that begins with aws:, as only AWS's own do.`),
		"a tag of ours":             tag(`"muster.ns" = "x"`, `"muster.ns" has a key that begins with muster., as the provider's own do; choose another one.`),
		"a tag with a long key":     tag(`"`+strings.Repeat("k", 128)+`" = "x"`, `"`+strings.Repeat("k", 128)+`" has a key of 128 characters; EC2 takes at most 127.`),
		"a tag with a long value":   tag(`k = "`+strings.Repeat("ä", 257)+`"`, `"k" has a value of 257 characters; EC2 takes at most 256.`),
		"too many tags": invalid(`default_tags = { for i in range(21) : "k${i}" => "v" }`,
			"aws.default_tags: there are 21 tags; at most 20 leave room for what is delivered to servers."),
	}
}

// canary is a secret that no text may hold.
const canary = "canary-51c0"

func TestAccInvalid_awsRefusedByValidate(t *testing.T) {
	t.Parallel()
	expectRefused(t, awsMistakes())
}

// accountMistakes are those that an account sees.
func accountMistakes(t *testing.T) map[string]mistake {
	t.Helper()
	endpoint := awsfake.NewWorld(awsfake.Options{}).Serve(t)
	refused := func(arguments string, want diagnosis) mistake {
		return mistake{config: sound(), provider: arguments, want: []diagnosis{want}}
	}
	return map[string]mistake{
		"a malformed namespace on aws": refused(strings.Replace(awsArguments(endpoint, ""), `"test"`, `"Shop"`, 1),
			diagnosis{"namespace", "Invalid Namespace", `"Shop" is not a valid name: use 1 to 32 lower-case letters, digits and hyphens, begin with a letter and don't end with a hyphen.`}),
		"another account": refused(awsArguments(endpoint, `allowed_account_ids = ["999999999999"]`),
			diagnosis{"aws", invalidAWS, "aws.allowed_account_ids doesn't have the account of the credentials, 123456789012, but 999999999999; use other credentials, or add it if it is meant."}),
		"a forbidden account": refused(awsArguments(endpoint, `forbidden_account_ids = ["123456789012"]`),
			diagnosis{"aws", invalidAWS, "aws.forbidden_account_ids has the account of the credentials, 123456789012; use other credentials."}),
		"a profile that there isn't": refused(awsArguments(endpoint, `profile = "prod", shared_config_files = ["/dev/null"], shared_credentials_files = ["/dev/null"]`),
			diagnosis{"aws", invalidAWS, `aws.profile is "prod", and the shared files have no such profile; list those that there are with: aws configure list-profiles.`}),
		"a CA bundle that there isn't": refused(awsArguments(endpoint, `custom_ca_bundle = "/nowhere"`),
			diagnosis{"aws", invalidAWS, "aws.custom_ca_bundle can't be read: open /nowhere: no such file or directory."}),
	}
}

func TestAccInvalid_awsRefusedByPlan(t *testing.T) {
	t.Parallel()
	expectRefused(t, accountMistakes(t))
}

// What AWS itself refuses has a request ID that differs from run to run.
func TestAccInvalid_awsRefusedByAWS(t *testing.T) {
	t.Parallel()
	const hub, other = "arn:aws:iam::123456789012:role/hub", "arn:aws:iam::123456789012:role/other"
	endpoint := awsfake.NewWorld(awsfake.Options{Roles: []awsfake.Role{{ARN: hub}}}).Serve(t)
	otherSecret, otherKey := endpoint, endpoint
	otherSecret.SecretKey, otherKey.AccessKey = canary, "AKIAUNKNOWN"
	tests := map[string]struct{ arguments, want string }{
		"another secret key": {
			arguments: awsArguments(otherSecret, ""),
			want:      "Checking the credentials: SignatureDoesNotMatch: the signature isn't valid: the secret key isn't that of the access key, or a proxy alters requests (request ID ",
		},
		"an unknown key": {
			arguments: awsArguments(otherKey, ""),
			want:      "Checking the credentials: InvalidClientTokenId: AWS doesn't know these credentials: the access key is deleted, inactive or of another partition, or the session token isn't that of the key (request ID ",
		},
		"a role that isn't allowed": {
			arguments: awsArguments(endpoint, `assume_role = [{ role_arn = "`+hub+`" }, { role_arn = "`+other+`" }]`),
			want:      "Checking the credentials: assuming the role " + other + ": AccessDenied: ",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Factories(), Steps: []resource.TestStep{{
				Config:      "provider \"muster\" {\n" + test.arguments + "\n}\n" + sound().String(),
				ExpectError: message(test.want),
			}}})
		})
	}
}
