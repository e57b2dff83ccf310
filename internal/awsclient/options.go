package awsclient

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Options are what the provider's aws block says. Every field may be left empty; the
// SDK's own rules then hold: environment variables, shared files, the metadata
// service. A field that is set goes before the environment.
type Options struct {
	Region  string
	Profile string

	AccessKey, SecretKey, Token string

	SharedConfigFiles      []string
	SharedCredentialsFiles []string

	// AssumeRole is a chain: each role is assumed with the credentials of the one
	// before it.
	AssumeRole                []AssumeRole
	AssumeRoleWithWebIdentity *AssumeRoleWithWebIdentity

	AllowedAccountIDs, ForbiddenAccountIDs []string

	// Endpoints are base URLs by service: ec2, ssm, sts, cloudwatch. An empty one is none.
	Endpoints map[string]string

	// MaxRetries is how often a call is tried again; 0: as the environment or the
	// profile says, else 25 times.
	MaxRetries int
	// RetryMode is "standard" or "adaptive"; empty: as the environment or the profile
	// says, else standard.
	RetryMode string

	// SkipCredentialsValidation keeps Open from calling STS. The account is unknown then.
	SkipCredentialsValidation bool
	// CustomCABundle is the path of a file with PEM certificates to trust, in place of
	// the system's.
	CustomCABundle string

	// Version is the provider's, for the user agent.
	Version string
	// Log is told of every attempt of a call; may be nil.
	Log func(ctx context.Context, call Call)

	// HTTPClient sends the requests in place of a client that knows proxies and CA
	// bundles; nil: such a client. Tests use it. Where the SDK itself goes to the
	// network for credentials that the environment or a profile asks for, only what it
	// asks STS is sent by this client.
	HTTPClient aws.HTTPClient
}

// AssumeRole is one role of a chain. Only the ARN is required.
type AssumeRole struct {
	RoleARN, SessionName, ExternalID, Policy, SourceIdentity string

	PolicyARNs        []string
	Duration          time.Duration
	Tags              map[string]string
	TransitiveTagKeys []string
}

// AssumeRoleWithWebIdentity is a role that a web identity token stands for: one of
// Token and TokenFile. It goes before all other credentials, and a chain of roles
// begins at it.
type AssumeRoleWithWebIdentity struct {
	RoleARN, SessionName, Policy, Token, TokenFile string

	PolicyARNs []string
	Duration   time.Duration
}

// Call is one attempt of a call, as it may be logged: it holds no argument and no
// answer.
type Call struct {
	Service, Operation string
	// Status is the HTTP status; 0 where there was no answer.
	Status    int
	RequestID string
	// ErrorCode is the API's, for example "RequestLimitExceeded"; empty on success, and
	// where there was no answer.
	ErrorCode string
	// Took is the time from the request to the answer, without the waiting before it.
	Took time.Duration
}
