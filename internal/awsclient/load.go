package awsclient

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go/logging"
	"github.com/aws/smithy-go/middleware"
)

// load returns the SDK's configuration, with the credentials and with all that every
// client shares, and what makes clients of STS.
func load(ctx context.Context, o Options, now func() time.Time) (aws.Config, *stsClients, error) {
	s := &stsClients{endpoint: o.Endpoints["sts"]}
	from, err := sources(o, s)
	if err != nil {
		return aws.Config{}, nil, err
	}
	cfg, err := config.LoadDefaultConfig(ctx, from...)
	if err != nil {
		return aws.Config{}, nil, loadError(err, o)
	}
	if cfg.Region == "" {
		return aws.Config{}, nil, faulty("region", "is not set; set it, or AWS_REGION, or the region of the profile")
	}
	// Only now: beside a CA bundle, the SDK refuses to load with a client that it
	// doesn't know.
	cfg.HTTPClient = whole{cmp.Or[aws.HTTPClient](o.HTTPClient, cfg.HTTPClient)}
	attempts, mode := o.retries(cfg)
	cfg.RetryMaxAttempts, cfg.RetryMode = 0, ""
	cfg.Retryer = func() aws.Retryer { return newRetryer(attempts, mode) }
	cfg.APIOptions = append(cfg.APIOptions, o.middleware(now))
	s.shared = cfg
	s.shared.Retryer = func() aws.Retryer { return newRetryer(min(attempts, stsAttempts), mode) }
	cfg.Credentials = chain(o, cfg, s)
	return cfg, s, nil
}

// sources returns where the SDK looks: in the options first, then where it always
// does.
func sources(o Options, s *stsClients) ([]func(*config.LoadOptions) error, error) {
	from := []func(*config.LoadOptions) error{
		config.WithHTTPClient(newHTTPClient()),
		// The SDK's own log would go to the standard error, which is the plugin
		// protocol's.
		config.WithLogger(logging.Nop{}),
		config.WithWebIdentityRoleCredentialOptions(s.adoptWebIdentity),
		config.WithAssumeRoleCredentialOptions(s.adoptAssumeRole),
	}
	add := func(set bool, option config.LoadOptionsFunc) {
		if set {
			from = append(from, option)
		}
	}
	add(o.Region != "", config.WithRegion(o.Region))
	add(o.Profile != "", config.WithSharedConfigProfile(o.Profile))
	add(len(o.SharedConfigFiles) > 0, config.WithSharedConfigFiles(expandAll(o.SharedConfigFiles)))
	add(len(o.SharedCredentialsFiles) > 0, config.WithSharedCredentialsFiles(expandAll(o.SharedCredentialsFiles)))
	add(o.AccessKey != "", config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(o.AccessKey, o.SecretKey, o.Token)))
	if o.CustomCABundle != "" {
		bundle, err := readCABundle(o.CustomCABundle)
		if err != nil {
			return nil, err
		}
		from = append(from, config.WithCustomCABundle(bytes.NewReader(bundle)))
	}
	return from, nil
}

// retries returns how many attempts a call has and in which mode: as the options say,
// else as the environment or the profile do, else the default.
func (o Options) retries(cfg aws.Config) (attempts int, mode aws.RetryMode) {
	attempts = cmp.Or(cfg.RetryMaxAttempts, defaultRetries+1)
	if o.MaxRetries > 0 {
		attempts = o.MaxRetries + 1
	}
	return attempts, cmp.Or(aws.RetryMode(o.RetryMode), cfg.RetryMode, aws.RetryModeStandard)
}

// middleware returns what is put around every call of every client. The limiter is
// one for all of them.
func (o Options) middleware(now func() time.Time) func(*middleware.Stack) error {
	agent, limits := newUserAgent(o.Version), newLimiter(now)
	record := recorder{now: now, log: o.Log}
	return func(stack *middleware.Stack) error {
		err := errors.Join(
			stack.Initialize.Add(frame{}, middleware.Before),
			stack.Build.Add(agent, middleware.After),
			stack.Finalize.Insert(limits, "Retry", middleware.After),
		)
		if o.Log != nil {
			err = errors.Join(err, stack.Finalize.Insert(record, limits.ID(), middleware.After))
		}
		return err
	}
}

// loadError says what is wrong with the environment and the files.
func loadError(err error, o Options) error {
	const nowhere = "and the shared files have no such profile; list those that there are with: aws configure list-profiles"
	missing, ok := errors.AsType[config.SharedConfigProfileNotExistError](err)
	switch {
	case ok && missing.Profile == o.Profile:
		return faulty("profile", "is %q, %s", missing.Profile, nowhere)
	case ok && missing.Profile == os.Getenv("AWS_PROFILE"):
		return &callError{fmt.Sprintf("AWS_PROFILE is %q, %s", missing.Profile, nowhere), err}
	case ok:
		return &callError{fmt.Sprintf("the profile leads to another one, %q, %s", missing.Profile, nowhere), err}
	}
	if _, ok := errors.AsType[config.AssumeRoleTokenProviderNotSetError](err); ok {
		return &callError{"the profile asks for an MFA code, and Terraform can't; get a session with: aws sts get-session-token, and pass it on in environment variables", err}
	}
	return &callError{"reading the environment and the shared files: " + innermost(err), err}
}

func expandAll(paths []string) []string {
	expanded := make([]string, 0, len(paths))
	for _, path := range paths {
		expanded = append(expanded, expand(path))
	}
	return expanded
}
