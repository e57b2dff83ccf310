package machine_test

import (
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine/imds"
)

type view imds.View

func (v view) View() imds.View { return imds.View(v) }

func TestStart_refuses(t *testing.T) {
	t.Parallel()
	valid := view{InstanceID: "i-1"}
	for name, test := range map[string]struct {
		spec machine.Spec
		want string
	}{
		"a relative directory":  {machine.Spec{Directory: "here", Metadata: valid}, `starting a machine: the directory "here" is not absolute`},
		"no metadata":           {machine.Spec{Directory: t.TempDir()}, "starting a machine: there is no metadata"},
		"an unknown shell":      {machine.Spec{Directory: t.TempDir(), Metadata: valid, Shell: "zsh"}, `starting a machine: there is no shell "zsh"`},
		"negative noise":        {machine.Spec{Directory: t.TempDir(), Metadata: valid, KernelNoise: -1}, "starting a machine: kernel noise after -1 bytes"},
		"a nameless variable":   {machine.Spec{Directory: t.TempDir(), Metadata: valid, Environment: []string{"=x"}}, `starting a machine: environment variable "=x" is not of the form NAME=value`},
		"no instance ID":        {machine.Spec{Directory: t.TempDir(), Metadata: view{}}, `starting a machine: the metadata's instance ID "" can't be a file's name`},
		"a path as instance ID": {machine.Spec{Directory: t.TempDir(), Metadata: view{InstanceID: "../x"}}, `starting a machine: the metadata's instance ID "../x" can't be a file's name`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := machine.Start(test.spec)
			if err == nil || err.Error() != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}
