package boot_test

import (
	"fmt"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

// BenchmarkAgent_paramGet measures from the arrival of a delivery to the moment at
// which the script has gone on.
func BenchmarkAgent_paramGet(b *testing.B) {
	for _, name := range []string{"dash", "bash", "busybox"} {
		b.Run(name, func(b *testing.B) {
			sh := findShell(b, name)
			p := payload("i=1; while :; do muster param get p$((i % 200)); echo $i >>passed; i=$((i + 1)); done", "", parameters{})
			for i := range 200 {
				p.Configuration.Parameters[fmt.Sprintf("p%d", i)] = deferred(boot.RequiredForNothing)
			}
			s := startServer(b, sh, p)
			passed := ""
			revision := 0
			for b.Loop() {
				b.StopTimer()
				revision++
				parameter := fmt.Sprintf("p%d", revision%200)
				s.untilWaiting(parameter)
				passed += fmt.Sprintln(revision)
				b.StartTimer()
				s.deliver(delivery(revision, map[string]string{parameter: "127.0.0.1"}))
				s.until("the script has passed", func() bool { return s.read("passed") == passed })
			}
		})
	}
}
