package provider_test

import (
	"strings"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

const rushHour = `
locals {
  policy = {
    min_servers = 2
    max_servers = 20
    signals     = { requests = { period = "1m" } }
    rules       = { load = { target = { signal = "requests", target_value = 1000 } } }
    schedules   = { office = { start = "0 8 * * MON-FRI", duration = "10h", time_zone = "Europe/Berlin", min = 6 } }
  }
  calm = provider::muster::decide(local.policy, { current = 4, now = "2026-03-09T12:00:00Z", signals = { requests = [900, 800, 700] } })
  rush = provider::muster::decide(local.policy, { current = 4, now = "2026-03-08T12:00:00Z", signals = { requests = [3900, 4100, 7310] } })
}

output "calm" { value = local.calm.desired }
output "rush" { value = local.rush.desired }
`

const rushHourTest = `
run "calm" {
  command = plan
  assert {
    condition     = output.calm == 6
    error_message = "in office hours there are fewer than 6 servers"
  }
}

run "rush" {
  command = plan
  assert {
    condition     = output.rush == 8
    error_message = "there are too few servers in the rush hour"
  }
}
`

// A policy can be tried and tested with Terraform's own means, without a group.
func TestAccDecide(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	w.Write(rushHour)
	write(t, w.Path("rush_hour.tftest.hcl"), rushHourTest)
	w.Init()
	if out := w.MustRun("test", "-no-color"); !strings.Contains(out, "Success! 2 passed, 0 failed.") {
		t.Errorf("terraform test says\n%s", out)
	}
	console := w.Command(t.Context(), "console")
	console.Stdin = strings.NewReader("local.rush.sentence\n")
	out, err := console.Output()
	if want := `"4 -> 8: requests 7310 over 1000 per server (x1.83, tolerance 0.10)"`; err != nil || strings.TrimSpace(string(out)) != want {
		t.Errorf("terraform console says %s (error %v), want %s", out, err, want)
	}
}
