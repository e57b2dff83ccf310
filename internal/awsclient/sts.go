package awsclient

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// stsAttempts is how often STS is asked at most. Every run begins with it; and the SDK
// also asks again about a token that STS doesn't accept, in case that it does a moment
// later.
const stsAttempts = 5

// stsClients makes the clients of STS for credentials. The SDK's own chain makes
// clients before its configuration is complete; what is set here reaches them too.
type stsClients struct {
	// endpoint is a base URL; empty: as the SDK says.
	endpoint string
	// shared is the configuration of all clients, once it is loaded. Nothing is asked
	// before.
	shared aws.Config
}

// signing returns a client with the credentials.
func (s *stsClients) signing(provider aws.CredentialsProvider) *sts.Client {
	cfg := s.shared.Copy()
	cfg.Credentials = provider
	return sts.NewFromConfig(cfg, s.rebase)
}

// anonymous returns a client that signs nothing: the token is the proof.
func (s *stsClients) anonymous() *sts.Client { return s.signing(aws.AnonymousCredentials{}) }

func (s *stsClients) rebase(o *sts.Options) {
	if s.endpoint != "" {
		o.BaseEndpoint = &s.endpoint
	}
}

// adopt makes a call of a client that the SDK has made go like one of ours.
func (s *stsClients) adopt(o *sts.Options) {
	s.rebase(o)
	o.HTTPClient = s.shared.HTTPClient
	o.Retryer = s.shared.Retryer()
	o.APIOptions = append(o.APIOptions, s.shared.APIOptions...)
}

// adoptWebIdentity makes what the environment or a profile asks of STS go like what the
// options ask. The SDK also calls it before it has made a client.
func (s *stsClients) adoptWebIdentity(o *stscreds.WebIdentityRoleOptions) {
	if file, ok := o.TokenRetriever.(stscreds.IdentityTokenFile); ok {
		o.TokenRetriever = identityTokenFile(file)
	}
	if o.Client != nil {
		o.Client = adoptedWebIdentity{s, o.Client}
	}
}

type adoptedWebIdentity struct {
	clients *stsClients
	made    stscreds.AssumeRoleWithWebIdentityAPIClient
}

// AssumeRoleWithWebIdentity implements [stscreds.AssumeRoleWithWebIdentityAPIClient].
func (a adoptedWebIdentity) AssumeRoleWithWebIdentity(ctx context.Context, input *sts.AssumeRoleWithWebIdentityInput, options ...func(*sts.Options)) (
	*sts.AssumeRoleWithWebIdentityOutput, error,
) {
	return a.made.AssumeRoleWithWebIdentity(ctx, input, append([]func(*sts.Options){a.clients.adopt}, options...)...)
}

// adoptAssumeRole is adoptWebIdentity for the roles of profiles.
func (s *stsClients) adoptAssumeRole(o *stscreds.AssumeRoleOptions) {
	if o.Client != nil {
		o.Client = adoptedAssumeRole{s, o.Client}
	}
}

type adoptedAssumeRole struct {
	clients *stsClients
	made    stscreds.AssumeRoleAPIClient
}

// AssumeRole implements [stscreds.AssumeRoleAPIClient].
func (a adoptedAssumeRole) AssumeRole(ctx context.Context, input *sts.AssumeRoleInput, options ...func(*sts.Options)) (*sts.AssumeRoleOutput, error) {
	return a.made.AssumeRole(ctx, input, append([]func(*sts.Options){a.clients.adopt}, options...)...)
}
