package awsfake

import (
	"cmp"
	"fmt"
	"net/http"
)

// What a world with zero [Options] has. Everything else doesn't exist there, and a
// request that names it is refused as AWS refuses it.
const (
	Region          = "eu-central-1"
	Account         = "123456789012"
	AccessKey       = "AKIAMUSTERFAKE000000"
	SecretKey       = "fake/secret/key/of/the/fake/account/0000"
	ImageID         = "ami-0123456789abcdef0"
	SubnetA         = "subnet-0aaaaaaaaaaaaaaaa"
	SubnetB         = "subnet-0bbbbbbbbbbbbbbbb"
	SubnetC         = "subnet-0cccccccccccccccc"
	SecurityGroupID = "sg-0123456789abcdef0"
	KeyName         = "operations"
	InstanceProfile = "servers"
)

// Options describe an account in a region. Empty fields take the constants of this
// package.
type Options struct {
	Region, Account string
	// AccessKey and SecretKey are those of the account's only user.
	AccessKey, SecretKey string

	Subnets          []Subnet
	Images           []Image
	SecurityGroups   []string
	KeyNames         []string
	InstanceProfiles []string
	// Roles can be assumed; nil: every role of the account can.
	Roles []Role

	// Seed makes identities, orders and accidents repeatable, as far as requests
	// arrive in the same order.
	Seed uint64
	// Faults are how the world behaves at first; see [World.SetFaults].
	Faults Faults

	// Machines runs what the instances run; nil: they exist and run nothing. A world
	// with machines must be closed; see [World.Close].
	Machines Machines
	// CloudWatch answers CloudWatch's requests once their signature has been checked;
	// nil: they are refused.
	CloudWatch http.Handler
}

// Subnet is a subnet. Its addresses lie in 10.0.0.0/8 unless the world has machines.
type Subnet struct {
	ID, Zone, VPC string
	// Public gives instances a public address unless the launch says otherwise.
	Public bool
}

// Image is a machine image.
type Image struct {
	ID, RootDeviceName string
}

// Role is a role that can be assumed.
type Role struct {
	ARN string
	// ExternalID must be given if it is set.
	ExternalID string
	// WebIdentityTokens are the tokens for which AssumeRoleWithWebIdentity hands out
	// the role.
	WebIdentityTokens []string
}

func (o Options) withDefaults() Options {
	o.Region = cmp.Or(o.Region, Region)
	o.Account = cmp.Or(o.Account, Account)
	o.AccessKey = cmp.Or(o.AccessKey, AccessKey)
	o.SecretKey = cmp.Or(o.SecretKey, SecretKey)
	if o.Subnets == nil {
		o.Subnets = defaultSubnets(o.Region)
	}
	if o.Images == nil {
		o.Images = []Image{{ID: ImageID, RootDeviceName: "/dev/xvda"}}
	}
	if o.SecurityGroups == nil {
		o.SecurityGroups = []string{SecurityGroupID}
	}
	if o.KeyNames == nil {
		o.KeyNames = []string{KeyName}
	}
	if o.InstanceProfiles == nil {
		o.InstanceProfiles = []string{InstanceProfile}
	}
	return o
}

func defaultSubnets(region string) []Subnet {
	subnets := []Subnet{{ID: SubnetA, Zone: "a"}, {ID: SubnetB, Zone: "b"}, {ID: SubnetC, Zone: "c"}}
	for i := range subnets {
		subnets[i].Zone = region + subnets[i].Zone
		subnets[i].VPC = fmt.Sprintf("vpc-%017x", 1)
	}
	return subnets
}
