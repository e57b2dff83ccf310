package channel_test

import (
	"fmt"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine"
	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

// BenchmarkInstance_paramGet measures from the moment at which the metadata service
// shows a tag to the one at which the script that has waited for its value has gone on.
func BenchmarkInstance_paramGet(b *testing.B) {
	for _, sh := range []machine.Shell{machine.ShellDash, machine.ShellBash, machine.ShellBusybox} {
		b.Run(string(sh), func(b *testing.B) {
			p := payload("i=1; while :; do muster param get p$((i % 200)); echo $i >>passed; i=$((i + 1)); done", parameters{})
			for i := range 200 {
				p.Configuration.Parameters[fmt.Sprintf("p%d", i)] = deferred(boot.RequiredForNothing)
			}
			i := newInstance(b, sh, userData(p))
			i.set("ec2_busy=1 ec2_idle=2 ec2_soon=1", "ec2_busy=2 ec2_idle=15 ec2_soon=5")
			i.start()
			passed, revision := "", 0
			for b.Loop() {
				b.StopTimer()
				revision++
				parameter := fmt.Sprintf("p%d", revision%200)
				i.untilWaiting(parameter)
				passed += fmt.Sprintln(revision)
				b.StartTimer()
				i.deliver(delivery(revision, map[string]string{parameter: "127.0.0.1"}))
				i.until("the script has passed", func() bool { return i.read("/var/lib/muster/home/passed") == passed })
			}
		})
	}
}

// BenchmarkInstance_boot measures from the start of an instance to its report that it is
// ready, on the console.
func BenchmarkInstance_boot(b *testing.B) {
	encoded := userData(payload("true", nil))
	for b.Loop() {
		i := launch(b, machine.ShellDash, encoded)
		i.untilStatus(boot.StatusReady)
		b.StopTimer()
		if err := i.Stop(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
