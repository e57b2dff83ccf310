package ec2_test

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/fleet"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/ec2"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/hostingtest"
)

// TestMain lets this program be an instance's process 1. Otherwise it runs the tests, more
// at a time than there are processors: those with instances wait most of the time.
func TestMain(m *testing.M) {
	machine.RunInit()
	flag.Parse()
	if parallel := flag.Lookup("test.parallel"); parallel.Value.String() == parallel.DefValue {
		if err := parallel.Value.Set("16"); err != nil {
			fmt.Fprintln(os.Stderr, "setting -parallel:", err)
			os.Exit(1)
		}
	}
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
		return newSubject(world, newHurried)
	})
}

// newHurried returns a service as another process has it, at the pace of servers that really
// run.
func newHurried(world *awsfake.World) *ec2.Service {
	const soon = 200 * time.Millisecond
	return ec2.New(hurriedOptions(world, world.Transport(), hosting.Pace{Busy: soon, Idle: time.Second}, soon))
}
