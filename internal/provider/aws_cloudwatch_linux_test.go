package provider_test

import (
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/cloudwatchfake"
)

// cloudWatchPolicy sizes the group "web" by a queue, of which a server is to have 10
// jobs, and by the load of its servers.
const cloudWatchPolicy = `
resource "muster_scaling_policy" "web" {
  server_configuration = muster_server_configuration.web.name
  min_servers          = 2
  max_servers          = 10
  signals = {
    queue = { cloudwatch = {
      offset     = "0s" # The servers are younger than what two minutes ago was.
      expression = "waiting + running"
      queries = {
        waiting = { namespace = "App", metric_name = "Waiting", statistic = "Maximum" }
        running = { namespace = "App", metric_name = "Running", statistic = "Maximum" }
      }
    } }
    load = { cloudwatch = {
      offset = "0s", namespace = "AWS/EC2", metric_name = "CPUUtilization", per_server = { dimension = "InstanceId" }
    } }
  }
  rules = {
    queue = { target = { signal = "queue", target_value = 10 } }
    load  = { target = { signal = "load", target_value = 60, target_type = "utilization" } }
  }
}
`

// measure sets the metrics of the account, as they have been for a minute and stay: the
// queue, and the load of as many of the live instances as are said.
func measure(cloud *acctest.Cloud, metrics *cloudwatchfake.Service, queue, load float64, instances int) {
	const minutes = 30 // No step of the test takes as long.
	lasting := func(value float64) []cloudwatchfake.Point {
		points := make([]cloudwatchfake.Point, 0, minutes)
		for minute := range minutes {
			at := time.Now().Truncate(time.Minute).Add(time.Duration(minute)*time.Minute - 30*time.Second)
			points = append(points, cloudwatchfake.Point{At: at, Value: value})
		}
		return points
	}
	metrics.Set(cloudwatchfake.Metric{Namespace: "App", Name: "Waiting"}, lasting(queue-1)...)
	metrics.Set(cloudwatchfake.Metric{Namespace: "App", Name: "Running"}, lasting(1)...)
	for i, instance := range cloud.Live() {
		cpu := cloudwatchfake.Metric{Namespace: "AWS/EC2", Name: "CPUUtilization", Dimensions: map[string]string{"InstanceId": instance.ID}}
		metrics.Set(cpu)
		if i < instances {
			metrics.Set(cpu, lasting(load)...)
		}
	}
}

// A policy on EC2 follows a queue and the load of its own servers, each refresh with one
// signed call over the wire, and takes no server away while one says nothing.
func TestAccAWS_cloudWatchPolicy(t *testing.T) {
	t.Parallel()
	metrics := cloudwatchfake.New(cloudwatchfake.Options{Now: time.Now})
	cloud := acctest.NewCloud(t, acctest.CloudSpec{Account: awsfake.Options{CloudWatch: metrics}})
	config := cloud.ProviderBlock("") + cloud.Adapt(sizedByPolicy(cloudWatchPolicy))
	step := func(before func(), servers int, decision string) resource.TestStep {
		return resource.TestStep{
			PreConfig: before,
			Config:    config,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectKnownValue(policyAddress, tfjsonpath.New("desired_servers"), knownvalue.Int64Exact(int64(servers))),
			}},
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(groupAddress("web"), tfjsonpath.New("members"), knownvalue.MapSizeExact(servers)),
				statecheck.ExpectKnownValue(policyAddress, tfjsonpath.New("decision"), knownvalue.StringExact(decision)),
			},
		}
	}
	const out = "2 -> 4: queue 35 over 10 per server (x1.75, tolerance 0.10)"
	const in = "4 -> 2: load 12 % under 60 % (x0.20, tolerance 0.10); min_servers raised 1 -> 2"
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			step(func() { measure(cloud, metrics, 20, 0, 0) }, 2, "2: no group exists yet; it starts with min_servers"),
			step(func() { measure(cloud, metrics, 35, 60, 2) }, 4, out),
			// Two of the four have no load yet, and what the others have asks for one server.
			step(func() { measure(cloud, metrics, 5, 12, 2) }, 4, out),
			step(func() { measure(cloud, metrics, 5, 12, 4) }, 2, in),
		},
	})
	for i, request := range metrics.Requests() {
		// The expression with its two metrics, and the servers.
		if entries := len(request.Queries) - 3; entries != 2 && entries != 4 {
			t.Errorf("call %d asks for %d servers, want all that are in service", i, entries)
		}
	}
	expectNothingLeft(t, cloud)
}
