package ec2_test

import (
	"os"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/fleet"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/hostingtest"
)

// TestMain lets this program be an instance's process 1.
func TestMain(m *testing.M) {
	machine.RunInit()
	os.Exit(m.Run())
}

// hurried returns all faults, at a pace at which servers can really run their scripts
// meanwhile.
func hurried() awsfake.Faults {
	faults := awsfake.Hostile()
	for _, lag := range []*time.Duration{
		&faults.DescribeLag, &faults.TagLag, &faults.AddressLag, &faults.TagReadLag, &faults.MetadataTagLag,
		&faults.Boot, &faults.Shutdown, &faults.ConsoleLag, &faults.TemplateLag, &faults.ParameterLag, &faults.RecreateDelay,
	} {
		*lag /= 20
	}
	return faults
}

// TestService runs the whole contract suite on instances that really run their user data.
func TestService(t *testing.T) {
	t.Parallel()
	hostingtest.TestService(t, func(t *testing.T) hostingtest.Subject {
		t.Helper()
		world := awsfake.NewWorld(awsfake.Options{Machines: fleet.Fleet{Directory: t.TempDir()}, Faults: hurried()})
		t.Cleanup(world.Close)
		return newSubject(world, newServiceAt(world, world.Transport(), hosting.Pace{Busy: 200 * time.Millisecond, Idle: time.Second}, 200*time.Millisecond))
	})
}
