package awsclient

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
)

const (
	// sessionName is a role session's where the user gives none. It shows in CloudTrail.
	sessionName = "terraform-provider-muster"
	// refreshAhead is how long before their end credentials are renewed, so that a
	// request that is retried isn't signed with what has just expired.
	refreshAhead = time.Minute
)

// chain returns the credentials that requests are signed with: what the SDK has
// found, or the role that a web identity token stands for, and on top of it the roles
// of the options.
func chain(o Options, cfg aws.Config, s *stsClients) aws.CredentialsProvider {
	found := cfg.Credentials
	if identity := o.AssumeRoleWithWebIdentity; identity != nil {
		found = cached(fmt.Sprintf("assuming the role %s with a web identity token", identity.RoleARN),
			stscreds.NewWebIdentityRoleProvider(s.anonymous(), identity.RoleARN, identity.retriever(), identity.apply))
	} else if found != nil {
		found = cached("", found)
	}
	for _, role := range o.AssumeRole {
		found = cached("assuming the role "+role.RoleARN,
			stscreds.NewAssumeRoleProvider(s.signing(found), role.RoleARN, role.apply))
	}
	return found
}

func (r AssumeRole) apply(to *stscreds.AssumeRoleOptions) {
	to.RoleSessionName = cmp.Or(r.SessionName, sessionName)
	to.Duration = r.Duration
	to.ExternalID = optional(r.ExternalID)
	to.Policy = optional(r.Policy)
	to.SourceIdentity = optional(r.SourceIdentity)
	to.PolicyARNs = policies(r.PolicyARNs)
	for _, key := range slices.Sorted(maps.Keys(r.Tags)) {
		to.Tags = append(to.Tags, ststypes.Tag{Key: &key, Value: aws.String(r.Tags[key])})
	}
	to.TransitiveTagKeys = r.TransitiveTagKeys
}

func (i *AssumeRoleWithWebIdentity) apply(to *stscreds.WebIdentityRoleOptions) {
	to.RoleSessionName = cmp.Or(i.SessionName, sessionName)
	to.Duration = i.Duration
	to.Policy = optional(i.Policy)
	to.PolicyARNs = policies(i.PolicyARNs)
}

func (i *AssumeRoleWithWebIdentity) retriever() stscreds.IdentityTokenRetriever {
	if i.Token != "" {
		return identityToken(i.Token)
	}
	return identityTokenFile(expand(i.TokenFile))
}

// identityToken is a web identity token.
type identityToken string

// GetIdentityToken implements [stscreds.IdentityTokenRetriever].
func (t identityToken) GetIdentityToken() ([]byte, error) { return []byte(t), nil }

// identityTokenFile is the path of a file with a web identity token. It is read anew
// each time: CI systems renew it.
type identityTokenFile string

// GetIdentityToken implements [stscreds.IdentityTokenRetriever].
func (f identityTokenFile) GetIdentityToken() ([]byte, error) {
	token, err := os.ReadFile(string(f))
	if err != nil {
		return nil, &callError{fmt.Sprintf("reading the web identity token: %v", err), err}
	}
	return token, nil
}

// cached returns a provider that asks another one only when it must, and whose errors
// say what it was doing.
func cached(doing string, provider aws.CredentialsProvider) aws.CredentialsProvider {
	return aws.NewCredentialsCache(explained{doing, provider}, func(o *aws.CredentialsCacheOptions) { o.ExpiryWindow = refreshAhead })
}

type explained struct {
	doing    string
	provider aws.CredentialsProvider
}

// Retrieve implements [aws.CredentialsProvider].
func (e explained) Retrieve(ctx context.Context) (aws.Credentials, error) {
	found, err := e.provider.Retrieve(ctx)
	if err != nil {
		return found, explainCredentials(e.doing, err)
	}
	return found, nil
}

func policies(arns []string) []ststypes.PolicyDescriptorType {
	var described []ststypes.PolicyDescriptorType
	for _, arn := range arns {
		described = append(described, ststypes.PolicyDescriptorType{Arn: &arn})
	}
	return described
}

// optional returns nil for an empty text, which STS refuses.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
