package awsclient_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/awsclient"
)

const (
	hubRole    = "arn:aws:iam::123456789012:role/hub"
	deployRole = "arn:aws:iam::123456789012:role/deploy"
	webRole    = "arn:aws:iam::123456789012:role/web"
)

// said is a call without what differs from run to run.
func said(calls []call) []call {
	var all []call
	for _, c := range calls {
		c.UserAgent = ""
		all = append(all, c)
	}
	return all
}

func signedBy(key, action string, arguments map[string]string) call {
	if arguments == nil {
		arguments = map[string]string{}
	}
	if key == "" {
		return call{Action: action, Arguments: arguments}
	}
	return call{Action: action, Service: "sts", Region: "eu-central-1", Key: key, Arguments: arguments}
}

// Every argument of a role reaches STS, and each role is assumed with the credentials
// of the one before it.
func TestOpen_chainOfRoles(t *testing.T) {
	t.Parallel()
	c := newCloud()
	o := withKey(c.serve(t), "AKIAFIRST")
	o.AssumeRole = []awsclient.AssumeRole{
		{
			RoleARN: hubRole, SessionName: "me", ExternalID: "external", SourceIdentity: "someone", Policy: `{"Version":"2012-10-17"}`,
			PolicyARNs: []string{"arn:aws:iam::aws:policy/One", "arn:aws:iam::aws:policy/Two"}, Duration: 30 * time.Minute,
			Tags: map[string]string{"Team": "web", "Cost": "7"}, TransitiveTagKeys: []string{"Team"},
		},
		{RoleARN: deployRole},
	}
	if _, err := awsclient.Open(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	want := []call{
		signedBy("AKIAFIRST", "AssumeRole", map[string]string{
			"RoleArn": hubRole, "RoleSessionName": "me", "ExternalId": "external", "SourceIdentity": "someone", "Policy": `{"Version":"2012-10-17"}`,
			"PolicyArns.member.1.arn": "arn:aws:iam::aws:policy/One", "PolicyArns.member.2.arn": "arn:aws:iam::aws:policy/Two", "DurationSeconds": "1800",
			"Tags.member.1.Key": "Cost", "Tags.member.1.Value": "7", "Tags.member.2.Key": "Team", "Tags.member.2.Value": "web", "TransitiveTagKeys.member.1": "Team",
		}),
		signedBy("ASIAHUB", "AssumeRole", map[string]string{"RoleArn": deployRole, "RoleSessionName": "terraform-provider-muster", "DurationSeconds": "900"}),
		signedBy("ASIADEPLOY", "GetCallerIdentity", nil),
	}
	if diff := cmp.Diff(want, said(c.seen())); diff != "" {
		t.Errorf("what STS was asked (-want +got):\n%s", diff)
	}
}

func TestOpen_webIdentity(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("jwt"), 0o600); err != nil {
		t.Fatal(err)
	}
	whole := map[string]string{
		"RoleArn": webRole, "RoleSessionName": "ci", "WebIdentityToken": "jwt", "Policy": "{}", "PolicyArns.member.1.arn": "arn:aws:iam::aws:policy/One", "DurationSeconds": "3600",
	}
	least := map[string]string{"RoleArn": webRole, "RoleSessionName": "terraform-provider-muster", "WebIdentityToken": "jwt"}
	tests := map[string]struct {
		identity awsclient.AssumeRoleWithWebIdentity
		chain    []awsclient.AssumeRole
		want     []call
	}{
		"a token": {
			identity: awsclient.AssumeRoleWithWebIdentity{
				RoleARN: webRole, SessionName: "ci", Token: "jwt", Policy: "{}", PolicyARNs: []string{"arn:aws:iam::aws:policy/One"}, Duration: time.Hour,
			},
			want: []call{signedBy("", "AssumeRoleWithWebIdentity", whole), signedBy("ASIAWEB", "GetCallerIdentity", nil)},
		},
		"a token in a file": {
			identity: awsclient.AssumeRoleWithWebIdentity{RoleARN: webRole, TokenFile: file},
			want:     []call{signedBy("", "AssumeRoleWithWebIdentity", least), signedBy("ASIAWEB", "GetCallerIdentity", nil)},
		},
		"a chain that begins at it": {
			identity: awsclient.AssumeRoleWithWebIdentity{RoleARN: webRole, TokenFile: file},
			chain:    []awsclient.AssumeRole{{RoleARN: deployRole}},
			want: []call{
				signedBy("", "AssumeRoleWithWebIdentity", least),
				signedBy("ASIAWEB", "AssumeRole", map[string]string{"RoleArn": deployRole, "RoleSessionName": "terraform-provider-muster", "DurationSeconds": "900"}),
				signedBy("ASIADEPLOY", "GetCallerIdentity", nil),
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCloud()
			o := awsclient.Options{Region: "eu-central-1", Endpoints: map[string]string{"sts": c.serve(t)}}
			o.AssumeRoleWithWebIdentity, o.AssumeRole = &test.identity, test.chain
			if _, err := awsclient.Open(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, said(c.seen())); diff != "" {
				t.Errorf("what STS was asked (-want +got):\n%s", diff)
			}
		})
	}
}

// What the environment and a profile ask of STS goes to the options' endpoint too, with
// the provider's name on it.
//
//nolint:paralleltest // It sets environment variables.
func TestOpen_adoptsTheClientsOfTheChain(t *testing.T) {
	tests := map[string]struct {
		set  func(t *testing.T, s *surroundings)
		want []string
	}{
		"a web identity in the environment": {
			set: func(t *testing.T, _ *surroundings) {
				t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", writeFile(t, "jwt"))
				t.Setenv("AWS_ROLE_ARN", webRole)
				t.Setenv("AWS_ROLE_SESSION_NAME", "ci")
			},
			want: []string{"AssumeRoleWithWebIdentity", "GetCallerIdentity ASIAWEB"},
		},
		"a profile with a role": {
			set: func(t *testing.T, s *surroundings) {
				profileKey("first", "AKIAFIRST")(t, s)
				s.addProfile("default", "role_arn = "+hubRole, "source_profile = first")
			},
			want: []string{"AssumeRole AKIAFIRST", "GetCallerIdentity ASIAHUB"},
		},
		"a profile with a role, and a chain in the options": {
			set: func(t *testing.T, s *surroundings) {
				profileKey("first", "AKIAFIRST")(t, s)
				s.addProfile("default", "role_arn = "+hubRole, "source_profile = first")
				s.options.AssumeRole = []awsclient.AssumeRole{{RoleARN: deployRole}}
			},
			want: []string{"AssumeRole AKIAFIRST", "AssumeRole ASIAHUB", "GetCallerIdentity ASIADEPLOY"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newSurroundings(t)
			s.options.Region, s.options.Version = "eu-central-1", "1.2.3"
			test.set(t, s)
			s.open(t)
			if diff := cmp.Diff(test.want, s.cloud.actions()); diff != "" {
				t.Errorf("what STS was asked (-want +got):\n%s", diff)
			}
			for _, call := range s.cloud.seen() {
				if !strings.Contains(call.UserAgent, "terraform-provider-muster/1.2.3") {
					t.Errorf("the user agent of %s is %q", call.Action, call.UserAgent)
				}
			}
		})
	}
}

// A token's file is read anew when the credentials end, and they are renewed before
// they do.
func TestSession_renewsCredentials(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "token")
		put := func(token string) {
			if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		put("first")
		c := newScript(t)
		c.lifetime = time.Hour
		session := c.open(awsclient.Options{AssumeRoleWithWebIdentity: &awsclient.AssumeRoleWithWebIdentity{RoleARN: webRole, TokenFile: file}})
		describe := func() {
			if _, err := session.EC2().DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{}); err != nil {
				t.Fatal(err)
			}
		}
		describe()
		put("second")
		time.Sleep(58 * time.Minute)
		describe()
		if diff := cmp.Diff([]string{"first"}, c.tokens); diff != "" {
			t.Errorf("the tokens after 58 minutes (-want +got):\n%s", diff)
		}
		time.Sleep(90 * time.Second)
		describe()
		if diff := cmp.Diff([]string{"first", "second"}, c.tokens); diff != "" {
			t.Errorf("the tokens half a minute before the end (-want +got):\n%s", diff)
		}
	})
}

// A token that STS doesn't accept is soon told to the user.
func TestSession_refusedToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newScript(t)
		c.refusal = &answer{status: 400, code: "InvalidIdentityToken", message: "Incorrect token audience"}
		session := c.open(awsclient.Options{AssumeRoleWithWebIdentity: &awsclient.AssumeRoleWithWebIdentity{RoleARN: webRole, Token: canary}})
		begun := time.Now()
		expectError(t, launch(t.Context(), session, 1), "operation error EC2: RunInstances, assuming the role "+webRole+" with a web identity token: "+
			"InvalidIdentityToken: Incorrect token audience (request ID request-1), after 5 attempts")
		if took := time.Since(begun); len(c.tokens) != 5 || took > time.Minute {
			t.Errorf("the error comes after %d attempts and %s", len(c.tokens), took)
		}
	})
}
