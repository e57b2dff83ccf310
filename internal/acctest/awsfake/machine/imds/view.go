package imds

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Metadata is asked at every request for what the service says. Its method may be
// called concurrently.
type Metadata interface {
	// View returns what is visible at this moment. The service changes nothing in it.
	View() View
}

// View is what the service says at one moment. An item whose field is empty doesn't
// exist, and its path answers 404.
type View struct {
	InstanceID, ImageID, InstanceType string
	// LaunchIndex is the instance's number in the request that launched it, from 0.
	LaunchIndex int
	Region      string
	Zone        string
	PrivateIP   string
	PublicIP    string
	// PrivateDNS and PublicDNS are the host names.
	PrivateDNS, PublicDNS string
	// Tags are the instance's tags; they are shown only if TagsEnabled.
	Tags        map[string]string
	TagsEnabled bool
	// Role is nil where the instance has no role.
	Role *Role
	// TokensOptional also answers requests of version 1, which carry no token.
	TokensOptional bool
	// Disabled answers every request with 403.
	Disabled bool
}

// Role is an instance's role with its temporary credentials.
type Role struct {
	Name string
	// Credentials is called at every request for them. Where it returns an error the
	// service answers 500.
	Credentials func() (Credentials, error)
}

// Credentials are temporary credentials of a role.
type Credentials struct {
	AccessKeyID, SecretAccessKey, Token string
	UpdatedAt, ExpiresAt                time.Time
}

// errNoItem is the answer of what isn't there.
var errNoItem = errors.New("no such item")

// item produces the value at a path.
type item func() ([]byte, error)

func text(value string) item { return func() ([]byte, error) { return []byte(value), nil } }

// items returns what is below /latest/, by path.
func (v View) items(userData []byte) map[string]item {
	found := map[string]item{
		"meta-data/ami-launch-index":   text(strconv.Itoa(v.LaunchIndex)),
		"meta-data/services/domain":    text("amazonaws.com"),
		"meta-data/services/partition": text("aws"),
	}
	for path, value := range map[string]string{
		"ami-id":                      v.ImageID,
		"hostname":                    v.PrivateDNS,
		"instance-id":                 v.InstanceID,
		"instance-type":               v.InstanceType,
		"local-hostname":              v.PrivateDNS,
		"local-ipv4":                  v.PrivateIP,
		"placement/availability-zone": v.Zone,
		"placement/region":            v.Region,
		"public-hostname":             v.PublicDNS,
		"public-ipv4":                 v.PublicIP,
	} {
		if value != "" {
			found["meta-data/"+path] = text(value)
		}
	}
	if v.TagsEnabled {
		for key, value := range v.Tags {
			found["meta-data/tags/instance/"+key] = text(value)
		}
	}
	if v.Role != nil {
		found["meta-data/iam/security-credentials/"+v.Role.Name] = v.Role.document
	}
	if len(userData) > 0 {
		found["user-data"] = func() ([]byte, error) { return userData, nil }
	}
	return found
}

// document is what iam/security-credentials/NAME says.
func (r *Role) document() ([]byte, error) {
	credentials, err := r.Credentials()
	if err != nil {
		return nil, fmt.Errorf("getting credentials of role %q: %w", r.Name, err)
	}
	return json.MarshalIndent(map[string]string{
		"Code":            "Success",
		"Type":            "AWS-HMAC",
		"LastUpdated":     credentials.UpdatedAt.UTC().Format(time.RFC3339),
		"AccessKeyId":     credentials.AccessKeyID,
		"SecretAccessKey": credentials.SecretAccessKey,
		"Token":           credentials.Token,
		"Expiration":      credentials.ExpiresAt.UTC().Format(time.RFC3339),
	}, "", "  ")
}
