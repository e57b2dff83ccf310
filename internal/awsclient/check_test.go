package awsclient_test

import (
	"strings"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/awsclient"
)

func TestOptions_Check(t *testing.T) {
	t.Parallel()
	identity := func(token, file string) *awsclient.AssumeRoleWithWebIdentity {
		return &awsclient.AssumeRoleWithWebIdentity{RoleARN: webRole, Token: token, TokenFile: file}
	}
	endpoint := func(url string) awsclient.Options {
		return awsclient.Options{Endpoints: map[string]string{"ec2": url}}
	}
	tests := map[string]struct {
		options awsclient.Options
		want    string
	}{
		"nothing":                       {},
		"keys":                          {options: awsclient.Options{AccessKey: "AKIA", SecretKey: "canary", Token: "canary"}},
		"an access key alone":           {options: awsclient.Options{AccessKey: "AKIA"}, want: "access_key needs secret_key beside it; to take both from somewhere else, set neither"},
		"a secret key alone":            {options: awsclient.Options{SecretKey: "canary"}, want: "secret_key needs access_key beside it; to take both from somewhere else, set neither"},
		"a session token alone":         {options: awsclient.Options{Token: "canary"}, want: "token needs access_key and secret_key beside it"},
		"a retry mode that there isn't": {options: awsclient.Options{RetryMode: "hasty"}, want: `retry_mode is "hasty"; it must be standard or adaptive`},
		"the modes that there are":      {options: awsclient.Options{RetryMode: "adaptive", MaxRetries: 3}},
		"retries below zero":            {options: awsclient.Options{MaxRetries: -1}, want: "max_retries must be at least 1"},
		"accounts":                      {options: awsclient.Options{AllowedAccountIDs: []string{account}, ForbiddenAccountIDs: []string{account}}},
		"an account that lacks its leading zeros": {options: awsclient.Options{AllowedAccountIDs: []string{account, "1234567890"}}, want: `allowed_account_ids.1 is "1234567890"; an account ID is 12 digits, in quotes`},
		"accounts that can't be compared": {
			options: awsclient.Options{ForbiddenAccountIDs: []string{account}, SkipCredentialsValidation: true},
			want:    "forbidden_account_ids can't be held against an account that is unknown; remove skip_credentials_validation, which keeps the provider from asking for it",
		},
		"a chain of roles": {options: awsclient.Options{AssumeRole: []awsclient.AssumeRole{{RoleARN: hubRole, Duration: 15 * time.Minute}, {RoleARN: deployRole, Duration: 12 * time.Hour}}}},
		"a role of China":  {options: awsclient.Options{AssumeRole: []awsclient.AssumeRole{{RoleARN: "arn:aws-cn:iam::123456789012:role/path/deploy"}}}},
		"a role by its name": {
			options: awsclient.Options{AssumeRole: []awsclient.AssumeRole{{RoleARN: hubRole}, {RoleARN: "deploy"}}},
			want:    `assume_role.1.role_arn is "deploy"; write the ARN of a role, like arn:aws:iam::123456789012:role/deploy`,
		},
		"a user's ARN": {
			options: awsclient.Options{AssumeRole: []awsclient.AssumeRole{{RoleARN: "arn:aws:iam::123456789012:user/deploy"}}},
			want:    `assume_role.0.role_arn is "arn:aws:iam::123456789012:user/deploy"; write the ARN of a role, like arn:aws:iam::123456789012:role/deploy`,
		},
		"a session that is too short": {
			options: awsclient.Options{AssumeRole: []awsclient.AssumeRole{{RoleARN: hubRole, Duration: time.Minute}}},
			want:    "assume_role.0.duration is 1m0s; a session lasts from 15m to 12h",
		},
		"a web identity token":           {options: awsclient.Options{AssumeRoleWithWebIdentity: identity("canary", "")}},
		"a file with one":                {options: awsclient.Options{AssumeRoleWithWebIdentity: identity("", "token")}},
		"a web identity without a token": {options: awsclient.Options{AssumeRoleWithWebIdentity: identity("", "")}, want: "assume_role_with_web_identity needs one of web_identity_token and web_identity_token_file"},
		"a web identity with two":        {options: awsclient.Options{AssumeRoleWithWebIdentity: identity("canary", "token")}, want: "assume_role_with_web_identity needs one of web_identity_token and web_identity_token_file"},
		"an endpoint":                    {options: endpoint("http://127.0.0.1:4566/ec2")},
		"an empty endpoint":              {options: endpoint("")},
		"an endpoint that is no URL":     {options: endpoint("http://canary\x7f"), want: "endpoints.ec2 is not a valid URL"},
		"an endpoint without a scheme":   {options: endpoint("localhost:4566"), want: "endpoints.ec2 must begin with http:// or https://"},
		"an endpoint without a host":     {options: endpoint("http:///x"), want: "endpoints.ec2 must name a host"},
		"an endpoint with a password":    {options: endpoint("http://me:canary@localhost"), want: "endpoints.ec2 must not hold a user or a password; requests are signed with the credentials"},
		"an endpoint with a query":       {options: endpoint("http://localhost?canary=1"), want: "endpoints.ec2 must end before any ? or #"},
		"several mistakes": {
			options: awsclient.Options{RetryMode: "hasty", Token: "canary", AllowedAccountIDs: []string{"me"}},
			want:    "token needs access_key and secret_key beside it\nretry_mode is \"hasty\"; it must be standard or adaptive\nallowed_account_ids.0 is \"me\"; an account ID is 12 digits, in quotes",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := test.options.Check()
			expectError(t, err, test.want)
			if err != nil && strings.Contains(err.Error(), "canary") {
				t.Error("the error has the secret")
			}
		})
	}
}
