package awsfake_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
)

const (
	deployRole = "arn:aws:iam::" + awsfake.Account + ":role/deploy"
	innerRole  = "arn:aws:iam::" + awsfake.Account + ":role/path/inner"
)

func identity(t *testing.T, config aws.Config) (arn string, err error) {
	t.Helper()
	out, err := sts.NewFromConfig(config).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", err
	}
	return *out.Account + " " + *out.Arn, nil
}

func TestSTS_chain(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
		config := once(a.Config())
		who, err := identity(t, config)
		if want := awsfake.Account + " arn:aws:iam::" + awsfake.Account + ":user/operator"; err != nil || who != want {
			t.Errorf("got %q, %v, want %q", who, err, want)
		}

		outer := config
		outer.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(config), deployRole, func(o *stscreds.AssumeRoleOptions) {
			o.RoleSessionName, o.ExternalID = "ci", aws.String("secret")
			o.Tags = []ststypes.Tag{{Key: aws.String("team"), Value: aws.String("web")}}
		}))
		inner := config
		inner.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(outer), innerRole, func(o *stscreds.AssumeRoleOptions) {
			o.RoleSessionName = "ci2"
		}))
		who, err = identity(t, inner)
		if want := awsfake.Account + " arn:aws:sts::" + awsfake.Account + ":assumed-role/inner/ci2"; err != nil || who != want {
			t.Errorf("got %q, %v, want %q", who, err, want)
		}
		if _, err := ec2.NewFromConfig(inner).DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{}); err != nil {
			t.Errorf("the role of the chain's end can't call: %v", err)
		}
		sessions := a.Sessions()
		if len(sessions) != 2 || sessions[0].ExternalID != "secret" || sessions[0].Tags["team"] != "web" || !strings.HasSuffix(sessions[1].By, "assumed-role/deploy/ci") {
			t.Errorf("got %+v", sessions)
		}
	})
}

func TestSTS_temporary(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
		out, err := sts.NewFromConfig(a.Config()).AssumeRole(t.Context(), &sts.AssumeRoleInput{
			RoleArn: aws.String(deployRole), RoleSessionName: aws.String("ci"), DurationSeconds: aws.Int32(900),
		})
		if err != nil {
			t.Fatal(err)
		}
		c := out.Credentials
		if want := time.Now().Add(15 * time.Minute); !c.Expiration.Equal(want) {
			t.Errorf("they expire at %v, want %v", c.Expiration, want)
		}
		without, with := once(a.Config()), once(a.Config())
		without.Credentials = static(*c.AccessKeyId, *c.SecretAccessKey, "")
		with.Credentials = static(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)
		_, err = identity(t, without)
		wantRefusal(t, err, "403 InvalidClientTokenId")
		_, err = identity(t, with)
		wantRefusal(t, err, "")

		time.Sleep(15 * time.Minute)
		_, err = identity(t, with)
		wantRefusal(t, err, "403 ExpiredToken")
		_, err = ec2.NewFromConfig(with).DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{})
		wantRefusal(t, err, "400 RequestExpired")
		_, err = ssm.NewFromConfig(with).GetParameters(t.Context(), &ssm.GetParametersInput{Names: []string{"x"}})
		wantRefusal(t, err, "400 ExpiredTokenException")
	})
}

func TestSTS_roles(t *testing.T) {
	t.Parallel()
	roles := []awsfake.Role{{ARN: deployRole, ExternalID: "secret"}, {ARN: innerRole, WebIdentityTokens: []string{"jwt"}}}
	for name, test := range map[string]struct {
		in      sts.AssumeRoleInput
		refusal string
	}{
		"with its external ID": {sts.AssumeRoleInput{RoleArn: aws.String(deployRole), RoleSessionName: aws.String("ci"), ExternalId: aws.String("secret")}, ""},
		"with another one":     {sts.AssumeRoleInput{RoleArn: aws.String(deployRole), RoleSessionName: aws.String("ci"), ExternalId: aws.String("x")}, "403 AccessDenied"},
		"an unknown role":      {sts.AssumeRoleInput{RoleArn: aws.String(deployRole + "2"), RoleSessionName: aws.String("ci")}, "403 AccessDenied"},
		"no ARN of a role":     {sts.AssumeRoleInput{RoleArn: aws.String("deploy"), RoleSessionName: aws.String("ci")}, "400 ValidationError"},
		"a bad session name":   {sts.AssumeRoleInput{RoleArn: aws.String(innerRole), RoleSessionName: aws.String("a b")}, "400 ValidationError"},
		"for too short a time": {sts.AssumeRoleInput{RoleArn: aws.String(innerRole), RoleSessionName: aws.String("ci"), DurationSeconds: aws.Int32(60)}, "400 ValidationError"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inAccount(t, awsfake.Options{Roles: roles}, func(t *testing.T, a account) {
				_, err := sts.NewFromConfig(once(a.Config())).AssumeRole(t.Context(), &test.in)
				wantRefusal(t, err, test.refusal)
			})
		})
	}
}

func TestSTS_webIdentity(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{Roles: []awsfake.Role{{ARN: deployRole, WebIdentityTokens: []string{"jwt"}}}}, func(t *testing.T, a account) {
		config := once(a.Config())
		config.Credentials = aws.AnonymousCredentials{} // Nobody has signed yet.
		assume := func(token string) (aws.Config, error) {
			out, err := sts.NewFromConfig(config).AssumeRoleWithWebIdentity(t.Context(), &sts.AssumeRoleWithWebIdentityInput{
				RoleArn: aws.String(deployRole), RoleSessionName: aws.String("ci"), WebIdentityToken: &token,
			})
			if err != nil {
				return aws.Config{}, err
			}
			c := config
			c.Credentials = static(*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken)
			return c, nil
		}
		_, err := assume("forged")
		wantRefusal(t, err, "400 InvalidIdentityToken")
		signed, err := assume("jwt")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ec2.NewFromConfig(signed).DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{}); err != nil {
			t.Error(err)
		}
	})
}

// A role of another account sees nothing of this one.
func TestSTS_foreigner(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
		config := once(a.Config())
		config.Credentials = stscreds.NewAssumeRoleProvider(sts.NewFromConfig(config), "arn:aws:iam::999999999999:role/deploy")
		who, err := identity(t, config)
		if err != nil || !strings.HasPrefix(who, "999999999999 ") {
			t.Errorf("got %q, %v, want the other account", who, err)
		}
		_, err = ec2.NewFromConfig(config).DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{})
		wantRefusal(t, err, "403 UnauthorizedOperation")
		_, err = ssm.NewFromConfig(config).GetParameters(t.Context(), &ssm.GetParametersInput{Names: []string{"x"}})
		wantRefusal(t, err, "400 AccessDeniedException")
	})
}

// The role of an instance may do what the guide's policy for instances says.
func TestMetadata_role(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
		in := launchInput("token", 1)
		in.IamInstanceProfile = &ec2types.IamInstanceProfileSpecification{Name: aws.String(awsfake.InstanceProfile)}
		id := a.launch(t, in)[0]
		view, ok := a.Metadata(id)
		if !ok || view.Role == nil || view.Role.Name != awsfake.InstanceProfile {
			t.Fatalf("got %+v, want a role", view)
		}
		config := once(a.Config())
		config.Credentials = static(view.Role.AccessKey, view.Role.SecretKey, view.Role.Token)
		client := ssm.NewFromConfig(config)
		_, err := client.PutParameter(t.Context(), &ssm.PutParameterInput{Name: aws.String("/o/1"), Value: aws.String("x"), Type: ssmtypes.ParameterTypeString})
		wantRefusal(t, err, "")
		_, err = client.GetParameter(t.Context(), &ssm.GetParameterInput{Name: aws.String("/o/1")})
		wantRefusal(t, err, "")
		_, err = client.GetParametersByPath(t.Context(), &ssm.GetParametersByPathInput{Path: aws.String("/o")})
		wantRefusal(t, err, "400 AccessDeniedException")
		_, err = ec2.NewFromConfig(config).DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{})
		wantRefusal(t, err, "403 UnauthorizedOperation")
	})
}
