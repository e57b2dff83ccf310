package awsclient

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// Session is one account and one region, as the options have led to them. Its
// clients share credentials, connections, retries and rate limits; they may be used
// concurrently.
type Session struct {
	region, account string

	ec2        *ec2.Client
	ssm        *ssm.Client
	cloudwatch *cloudwatch.Client
}

// Open finds credentials and asks STS whose they are. It returns a [*ConfigError] where
// the options themselves are at fault, also where they don't fit the environment. No
// error holds a secret.
func Open(ctx context.Context, o Options) (*Session, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	cfg, tokens, err := load(ctx, o, time.Now) //nolint:forbidigo // Rates and the times in the log are those of the real clock.
	if err != nil {
		return nil, err
	}
	s := newSession(cfg, o.Endpoints)
	if o.SkipCredentialsValidation {
		return s, nil
	}
	if s.account, err = identify(ctx, tokens.signing(cfg.Credentials)); err != nil {
		return nil, err
	}
	if err := s.checkAccount(o); err != nil {
		return nil, err
	}
	return s, nil
}

func newSession(cfg aws.Config, endpoints map[string]string) *Session {
	return &Session{
		region:     cfg.Region,
		ec2:        ec2.NewFromConfig(cfg, func(o *ec2.Options) { o.BaseEndpoint = endpoint(endpoints, "ec2", o.BaseEndpoint) }),
		ssm:        ssm.NewFromConfig(cfg, func(o *ssm.Options) { o.BaseEndpoint = endpoint(endpoints, "ssm", o.BaseEndpoint) }),
		cloudwatch: cloudwatch.NewFromConfig(cfg, func(o *cloudwatch.Options) { o.BaseEndpoint = endpoint(endpoints, "cloudwatch", o.BaseEndpoint) }),
	}
}

// endpoint returns the base URL that the options have for a service, else what the SDK
// has found, nil for its own.
func endpoint(endpoints map[string]string, service string, found *string) *string {
	if url := endpoints[service]; url != "" {
		return &url
	}
	return found
}

// identify asks STS for the account, which needs no permission.
func identify(ctx context.Context, client *sts.Client) (account string, err error) {
	identity, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", &callError{"checking the credentials: " + shortText(err), err}
	}
	return aws.ToString(identity.Account), nil
}

func (s *Session) checkAccount(o Options) error {
	if len(o.AllowedAccountIDs) > 0 && !slices.Contains(o.AllowedAccountIDs, s.account) {
		return faulty("allowed_account_ids", "doesn't have the account of the credentials, %s, but %s; use other credentials, or add it if it is meant",
			s.account, strings.Join(o.AllowedAccountIDs, ", "))
	}
	if slices.Contains(o.ForbiddenAccountIDs, s.account) {
		return faulty("forbidden_account_ids", "has the account of the credentials, %s; use other credentials", s.account)
	}
	return nil
}

// EC2 returns the client of Amazon EC2.
func (s *Session) EC2() *ec2.Client { return s.ec2 }

// SSM returns the client of AWS Systems Manager.
func (s *Session) SSM() *ssm.Client { return s.ssm }

// CloudWatch returns the client of Amazon CloudWatch.
func (s *Session) CloudWatch() *cloudwatch.Client { return s.cloudwatch }

// Account returns the account's ID, 12 digits; empty where STS was not to be asked.
func (s *Session) Account() string { return s.account }

// Region returns the region.
func (s *Session) Region() string { return s.region }

// SSMEndpoint returns the base URL that was set for Systems Manager, in the options or
// in the environment; empty: it is that of the region.
func (s *Session) SSMEndpoint() string { return aws.ToString(s.ssm.Options().BaseEndpoint) }
