// Package fleet lets the instances of a fake AWS account really run, on this machine: it
// joins the packages awsfake and machine. Only tests import it.
package fleet

import (
	"path/filepath"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine/imds"
)

// Fleet runs instances. What is said at [machine.Start] holds: the program's TestMain
// must call machine.RunInit.
type Fleet struct {
	// Directory is where each instance has a directory of its own; absolute.
	Directory string
	// Machine is what all machines have in common; its Directory, UserData and Metadata
	// are taken from the instance.
	Machine machine.Spec
}

var _ awsfake.Machines = Fleet{}

// Start implements [awsfake.Machines].
func (f Fleet) Start(spec awsfake.MachineSpec) (awsfake.Machine, error) {
	m := f.Machine
	m.Directory = filepath.Join(f.Directory, spec.InstanceID)
	m.UserData = spec.UserData
	m.Metadata = metadata{spec.Metadata}
	started, err := machine.Start(m)
	if err != nil {
		return nil, err // Not the nil machine: it would be an instance that runs.
	}
	return started, nil
}

// metadata says what the account knows in the words of the metadata service.
type metadata struct{ account awsfake.Metadata }

// View implements [imds.Metadata].
func (m metadata) View() imds.View {
	known := m.account.View()
	view := imds.View{
		InstanceID: known.InstanceID, ImageID: known.ImageID, InstanceType: known.InstanceType,
		LaunchIndex: known.AMILaunchIndex, Region: known.Region, Zone: known.Zone,
		PrivateIP: known.PrivateIP, PrivateDNS: known.PrivateDNS,
		PublicIP: known.PublicIP, PublicDNS: known.PublicDNS,
		Tags: known.Tags, TagsEnabled: known.TagsEnabled,
		TokensOptional: known.HTTPTokens != "required", Disabled: known.Disabled,
	}
	if role := known.Role; role != nil {
		view.Role = &imds.Role{Name: role.Name, Credentials: func() (imds.Credentials, error) {
			return imds.Credentials{
				AccessKeyID: role.AccessKey, SecretAccessKey: role.SecretKey, Token: role.Token,
				UpdatedAt: role.UpdatedAt, ExpiresAt: role.ExpiresAt,
			}, nil
		}}
	}
	return view
}
