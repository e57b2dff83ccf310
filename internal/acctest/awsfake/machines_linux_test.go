package awsfake_test

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
)

// machines keeps what was started.
type machines struct {
	refuse bool
	// held, if it isn't nil, is closed before anything starts.
	held chan struct{}

	mu   sync.Mutex
	made map[string]*machine
}

type machine struct {
	spec awsfake.MachineSpec
	stop sync.Once
	done chan struct{}

	mu      sync.Mutex
	reboots int
}

func (m *machines) Start(spec awsfake.MachineSpec) (awsfake.Machine, error) {
	if m.refuse {
		return nil, errors.New("no room")
	}
	if m.held != nil {
		<-m.held
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.made == nil {
		m.made = map[string]*machine{}
	}
	m.made[spec.InstanceID] = &machine{spec: spec, done: make(chan struct{})}
	return m.made[spec.InstanceID], nil
}

func (m *machines) of(id string) *machine {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.made[id]
}

func (m *machine) Reboot() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reboots++
	return nil
}

func (m *machine) Stop() error {
	m.stop.Do(func() { close(m.done) })
	return nil
}

func (m *machine) Done() <-chan struct{} { return m.done }

func (m *machine) Console() []byte { return []byte("console of " + m.spec.InstanceID) }

func (m *machine) ended() bool {
	select {
	case <-m.done:
		return true
	default:
		return false
	}
}

func TestMachines(t *testing.T) {
	t.Parallel()
	running := &machines{}
	inAccount(t, awsfake.Options{Machines: running}, func(t *testing.T, a account) {
		defer a.Close()
		in := launchInput("token", 2)
		in.UserData = aws.String(encoded("#!/bin/sh"))
		launched := a.launch(t, in)
		synctest.Wait()
		first, second := running.of(launched[0]), running.of(launched[1])
		if string(first.spec.UserData) != "#!/bin/sh" {
			t.Errorf("got user data %q", first.spec.UserData)
		}
		view := second.spec.Metadata.View()
		if view.InstanceID != launched[1] || view.AMILaunchIndex != 1 || view.PrivateIP != *a.seen(t, launched[1]).PrivateIpAddress || view.Zone != "eu-central-1a" {
			t.Errorf("got metadata %+v", view)
		}
		if got, _ := a.console(t, launched[0], true); got != "console of "+launched[0] {
			t.Errorf("got %q", got)
		}

		if _, err := a.ec2.RebootInstances(t.Context(), &ec2.RebootInstancesInput{InstanceIds: launched[:1]}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if first.reboots != 1 {
			t.Errorf("got %d reboots, want 1", first.reboots)
		}
		_ = second.Stop() // It powers itself off.
		synctest.Wait()
		if got := a.seen(t, launched[1]).State.Name; got != "stopped" {
			t.Errorf("got %s, want stopped", got)
		}
		a.terminate(t, launched...)
		synctest.Wait()
		if !first.ended() || len(a.Live()) != 0 {
			t.Errorf("the machine has ended: %v, live: %v", first.ended(), a.Live())
		}
	})
}

func TestMachines_close(t *testing.T) {
	t.Parallel()
	running := &machines{}
	inAccount(t, awsfake.Options{Machines: running}, func(t *testing.T, a account) {
		launched := a.launch(t, launchInput("token", 3))
		a.Close()
		for _, id := range launched {
			if !running.of(id).ended() {
				t.Errorf("the machine of %s runs", id)
			}
		}
	})
}

// What is terminated while it still starts doesn't run on.
func TestMachines_terminatedEarly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		running := &machines{held: make(chan struct{})}
		a := newAccount(awsfake.Options{Machines: running})
		defer a.Close()
		id := a.launch(t, launchInput("token", 1))[0]
		a.terminate(t, id)
		if got := a.seen(t, id).State.Name; got != "shutting-down" {
			t.Errorf("got %s while it starts, want shutting-down", got)
		}
		close(running.held)
		synctest.Wait()
		if !running.of(id).ended() || a.seen(t, id).State.Name != "terminated" {
			t.Errorf("the machine has ended: %v, the instance is %s", running.of(id).ended(), a.seen(t, id).State.Name)
		}
	})
}

// A terminated instance's address is free, a stopped one's isn't.
func TestMachines_addressOfEnded(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{Machines: &machines{}}, func(t *testing.T, a account) {
		defer a.Close()
		free := func(index int) bool {
			socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: "@muster/" + a.Instances()[index].PrivateIP, Net: "unixgram"})
			if err == nil {
				_ = socket.Close()
			}
			return err == nil
		}
		// Addresses are claimed machine-wide: somebody else may take one as soon as it is free.
		const attempts = 10
		for attempt := range attempts {
			launched := a.launch(t, launchInput(fmt.Sprintf("token-%d", attempt), 2))
			stopped, running := 2*attempt, 2*attempt+1
			synctest.Wait()
			if err := a.EndInstance(launched[0]); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if free(stopped) || free(running) {
				t.Fatal("the address of a stopped instance, or of a running one, is free")
			}
			a.terminate(t, launched...)
			synctest.Wait()
			if free(stopped) && free(running) {
				return
			}
		}
		t.Error("the address of a terminated instance isn't free")
	})
}

func TestMachines_refused(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{Machines: &machines{refuse: true}}, func(t *testing.T, a account) {
		defer a.Close()
		id := a.launch(t, launchInput("token", 1))[0]
		synctest.Wait()
		got := a.seen(t, id)
		if got.State.Name != "terminated" || !strings.Contains(*got.StateReason.Message, "no room") {
			t.Errorf("got %s for %s", got.State.Name, *got.StateReason.Message)
		}
	})
}

// Addresses can be bound, and no two instances of this machine have the same one.
func TestMachines_addresses(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 2 {
		a := newAccount(awsfake.Options{Machines: &machines{}})
		t.Cleanup(a.Close)
		a.launch(t, launchInput("token", 20))
		for _, i := range a.Instances() {
			if seen[i.PrivateIP] || !strings.HasPrefix(i.PrivateIP, "127.1") {
				t.Errorf("the address %s is another one's, or none of 127.128.0.0/10", i.PrivateIP)
			}
			seen[i.PrivateIP] = true
			listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", net.JoinHostPort(i.PrivateIP, "0"))
			if err != nil {
				t.Error(err)
				continue
			}
			_ = listener.Close()
		}
	}
}

func TestMachines_addressesReturn(t *testing.T) {
	t.Parallel()
	claimed := func() string {
		a := newAccount(awsfake.Options{Machines: &machines{}})
		defer a.Close()
		a.launch(t, launchInput("token", 1))
		return a.Instances()[0].PrivateIP
	}
	// A world begins its search at the first address. Somebody else may take it meanwhile,
	// but not every time.
	for range 100 {
		if first := claimed(); claimed() == first {
			return
		}
	}
	t.Error("an address is never free again")
}
