package channel_test

import (
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine/imds"
	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/ec2/channel"
)

// manifestPath is where the courier looks.
const manifestPath = "GET /latest/meta-data/tags/instance/muster.m"

// untilLooked waits until the courier has looked at the tags that are there now. A
// first look may have begun before they were there.
func (i *instance) untilLooked() {
	i.t.Helper()
	for range 2 {
		looks := i.MetadataService().Calls()[manifestPath]
		i.until("the courier has looked", func() bool { return i.MetadataService().Calls()[manifestPath] > looks })
	}
}

func TestInstance_delivery(t *testing.T) {
	t.Parallel()
	late := payload("muster param get p >got; muster output set o <got", parameters{"p": deferred(boot.RequiredForNothing)}, "o")
	inEveryShell(t, map[string]func(*testing.T, machine.Shell){
		"a value that arrives late lets the script go on": func(t *testing.T, sh machine.Shell) {
			i := launch(t, sh, userData(late))
			i.untilWaiting("p")
			i.deliver(delivery(1, map[string]string{"p": "a\nb\n"}))
			got := i.untilStatus(boot.StatusReady)
			if got.Outputs["o"] != "a\nb" || got.Received != 1 || got.Applied != 1 {
				t.Errorf("got %+v", got)
			}
		},
		"a delivery that fills its tags arrives": func(t *testing.T, sh machine.Shell) {
			i := launch(t, sh, userData(late))
			// Of random hexadecimals half remains.
			value := incompressible(6000)
			i.deliver(delivery(1, map[string]string{"p": value}))
			if count := len(i.metadata.View().Tags); count < 15 {
				t.Fatalf("there are %d tags, too few for this test", count)
			}
			i.untilStatus(boot.StatusReady)
			if got := i.read("/var/lib/muster/home/got"); got != value {
				t.Errorf("got %d bytes, want %d", len(got), len(value))
			}
		},
		"a newer delivery replaces the older one": func(t *testing.T, sh machine.Shell) {
			p := late
			p.Configuration.UpdateScript = "muster param get p >got; muster output set o <got"
			i := launch(t, sh, userData(p))
			i.deliver(delivery(1, map[string]string{"p": incompressible(1000)}))
			i.untilApplied(1)
			// Its first chunks are over-written, the others stay.
			i.deliver(delivery(2, map[string]string{"p": "second"}))
			if got := i.untilApplied(2); got.Outputs["o"] != "second" {
				t.Errorf("got %+v", got)
			}
		},
		"a manifest that shows before its chunks waits for them": func(t *testing.T, sh machine.Shell) {
			i := launch(t, sh, userData(late))
			old := delivery(1, map[string]string{"other": incompressible(900)})
			i.deliver(old)
			i.untilReport("revision 1 is received", func(r boot.Report) bool { return r.Received == 1 })
			tags, err := channel.DeliveryTags(delivery(2, map[string]string{"p": "second", "other": incompressible(800)}), 20)
			if err != nil {
				t.Fatal(err)
			}
			i.tag(map[string]string{channel.ManifestTag: tags[channel.ManifestTag]})
			i.untilLooked()
			i.tag(map[string]string{"muster.d.0": tags["muster.d.0"]})
			i.untilLooked()
			if got := i.report(); got.Received != 1 {
				t.Errorf("it has received revision %d", got.Received)
			}
			i.tag(tags)
			i.untilApplied(2)
		},
		"a manifest of nonsense is passed over": func(t *testing.T, sh machine.Shell) {
			i := launch(t, sh, userData(late))
			for _, value := range []string{
				"nonsense", "1:plain:0::0", "1:plain:99999999999999999999:x:1", "1:sealed:1:x:1", "1:ssm:1",
				"1:plain:$(touch /opt/x):x:1", "1:plain:1:\n:a[$(touch /opt/x)]",
			} {
				i.tag(map[string]string{channel.ManifestTag: value, "muster.d.0": "AAAA"})
				i.untilLooked()
			}
			i.deliver(delivery(7, map[string]string{"p": "1"}))
			if got := i.untilStatus(boot.StatusReady); got.Received != 7 || i.exists("/opt/x") {
				t.Errorf("got %+v", got)
			}
		},
		"tags that the metadata service doesn't show yet are waited for": func(t *testing.T, sh machine.Shell) {
			i := newInstance(t, sh, userData(late))
			i.metadata.set(func(view *imds.View) { view.TagsEnabled = false })
			i.start()
			i.deliver(delivery(1, map[string]string{"p": "1"}))
			i.untilWaiting("p")
			i.untilLooked()
			i.metadata.set(func(view *imds.View) { view.TagsEnabled = true })
			i.untilStatus(boot.StatusReady)
			if log := i.read("/var/log/muster.log"); log != "" {
				t.Errorf("the log is %q", log)
			}
		},
		"an expired session token is replaced": func(t *testing.T, sh machine.Shell) {
			i := launch(t, sh, userData(late))
			i.untilWaiting("p")
			i.MetadataService().ExpireTokens()
			i.deliver(delivery(1, map[string]string{"p": "1"}))
			i.untilStatus(boot.StatusReady)
		},
		"a proxy is not asked for metadata": func(t *testing.T, sh machine.Shell) {
			i := newInstance(t, sh, userData(late))
			i.spec.Environment = []string{"http_proxy=http://127.0.0.1:1", "ALL_PROXY=http://127.0.0.1:1"}
			i.start()
			i.deliver(delivery(1, map[string]string{"p": "1"}))
			i.untilStatus(boot.StatusReady)
		},
		"of a vector a server takes the element of its slot": func(t *testing.T, sh machine.Shell) {
			i := launch(t, sh, userData(late))
			i.deliver(boot.Delivery{Revision: 1, Values: map[string]boot.Value{
				"p": {BySlot: map[int]string{0: "0", 2: "2", 6: "six", 7: "7"}, Since: 1},
			}})
			if got := i.untilStatus(boot.StatusReady); got.Outputs["o"] != "six" {
				t.Errorf("got the outputs %v, want six", got.Outputs)
			}
		},
		"a request to leave runs the decommission script, also after a reboot": func(t *testing.T, sh machine.Shell) {
			p := payload("true", nil)
			p.Configuration.DecommissionScript = "echo bye >>byes; muster output set o bye"
			p.Configuration.Outputs = map[string]boot.Output{"o": {Type: boot.TypeString}}
			i := launch(t, sh, userData(p))
			if got := i.untilStatus(boot.StatusReady); got.Decommission != boot.DecommissionIdle {
				t.Errorf("at first it is %v", got.Decommission)
			}
			i.tag(map[string]string{channel.LeaveTag: "yes"})
			gone := func(r boot.Report) bool { return r.Decommission == boot.DecommissionDone }
			first := i.untilReport("it has run its decommission script", gone)
			if first.Outputs["o"] != "bye" || i.read("/var/lib/muster/home/byes") != "bye\n" {
				t.Errorf("got %+v", first)
			}
			if err := i.Reboot(); err != nil {
				t.Fatal(err)
			}
			i.untilReport("it is asked again after the reboot", func(r boot.Report) bool { return gone(r) && r.Boot != first.Boot })
		},
	})
}

// TestInstance_pace proves that a server which waits for nothing leaves the metadata
// service alone, and that one which waits gets its value soon.
func TestInstance_pace(t *testing.T) {
	t.Parallel()
	i := newInstance(t, machine.ShellDash, userData(payload("muster param get p", parameters{"p": deferred(boot.RequiredForNothing)})))
	i.set("ec2_idle=2", "ec2_idle=3")
	i.start()
	i.untilWaiting("p")
	busy := i.timeLooks(3)
	i.deliver(delivery(1, map[string]string{"p": "1"}))
	i.untilStatus(boot.StatusReady)
	// What it has reported last makes it look around at once.
	i.untilLooked()
	if idle := i.timeLooks(2); idle < 4*time.Second || idle/2 < busy/3 {
		t.Errorf("two looks of a server that waits for nothing took %v, three of one that waits %v", idle, busy)
	}
}

// TestInstance_patience proves that what can't be read is looked at less and less often,
// and that something else is looked at soon.
func TestInstance_patience(t *testing.T) {
	t.Parallel()
	i := launch(t, machine.ShellDash, userData(payload("muster param get p", parameters{"p": deferred(boot.RequiredForNothing)})))
	i.untilWaiting("p")
	i.tag(map[string]string{channel.ManifestTag: "1:nonsense"})
	first := i.timeLooks(3)
	// There are 4 and 8 s between these.
	late := i.timeLooks(2)
	if late < 9*time.Second {
		t.Errorf("three looks took %v, the next two %v", first, late)
	}
	i.tag(map[string]string{channel.ManifestTag: "2:nonsense"})
	i.timeLooks(1)
	if again := i.timeLooks(2); again > late {
		t.Errorf("two looks took %v, and then two looks at something else %v", late, again)
	}
}

// timeLooks returns how long it takes until there have been so many more looks.
func (i *instance) timeLooks(count int) time.Duration {
	i.t.Helper()
	begin := time.Now()
	want := i.MetadataService().Calls()[manifestPath] + count
	i.until("the courier has looked", func() bool { return i.MetadataService().Calls()[manifestPath] >= want })
	return time.Since(begin)
}
