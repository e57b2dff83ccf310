package awsfake

import "time"

// Machines runs what instances run. It is called without the world's lock held.
type Machines interface {
	// Start boots an instance. It returns once the machine is being booted; user data
	// is run afterwards. An error is an instance that couldn't start: it terminates.
	Start(spec MachineSpec) (Machine, error)
}

// MachineSpec is one instance to boot.
type MachineSpec struct {
	InstanceID string
	// UserData is what the launch request said, decoded from base64; often gzip.
	UserData []byte
	// Metadata is what the instance's metadata service says.
	Metadata Metadata
}

// Machine is a machine that was started. Its methods may be called concurrently.
type Machine interface {
	// Reboot ends every process and boots again, as the same instance.
	Reboot() error
	// Stop ends every process at once and returns when none is left. Stopping what is
	// stopped is no error.
	Stop() error
	// Done is closed when the machine has powered itself off, or was stopped.
	Done() <-chan struct{}
	// Console returns the last 64 KB at most that were written to the console. It is
	// called with the world locked and must not ask for metadata.
	Console() []byte
}

// Metadata is asked anew at every request of an instance to its metadata service.
// Its method may be called concurrently.
type Metadata interface {
	View() MetadataView
}

// MetadataView is what the metadata service of one instance says at one moment.
type MetadataView struct {
	InstanceID, ImageID, InstanceType string
	AMILaunchIndex                    int
	Region, Zone                      string
	PrivateIP, PrivateDNS             string
	// PublicIP and PublicDNS are empty where there are none; their paths answer 404
	// then.
	PublicIP, PublicDNS string
	// Disabled is MetadataOptions.HttpEndpoint: the service refuses everything.
	Disabled bool
	// HTTPTokens says whether the service wants a session token: "required" or
	// "optional".
	HTTPTokens string
	// HopLimit is MetadataOptions.HttpPutResponseHopLimit, 1 to 64.
	HopLimit int
	// TagsEnabled is MetadataOptions.InstanceMetadataTags: where it is false the
	// category tags/ doesn't exist.
	TagsEnabled bool
	// Tags are the instance's tags as its metadata service knows them, which may be
	// older than what the API says, key by key.
	Tags map[string]string
	// Role is nil where the instance has no instance profile.
	Role *RoleCredentials
}

// RoleCredentials are what iam/security-credentials/NAME says. The world knows them.
type RoleCredentials struct {
	Name                        string
	AccessKey, SecretKey, Token string
	UpdatedAt, ExpiresAt        time.Time
}
