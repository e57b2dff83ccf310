variable "queued_jobs" {
  description = "The number of jobs that wait."
  type        = number
  default     = 120
}

resource "muster_server_configuration" "worker" {
  name        = "worker"
  image       = "host"
  boot_script = "echo \"$MUSTER_MEMBER works\""
}

resource "muster_scaling_policy" "worker" {
  server_configuration = muster_server_configuration.worker.name
  min_servers          = 2
  max_servers          = 20

  signals = {
    # Instead of a literal, a source of the provider's metric_sources:
    # queue = { source = "prom", query = "sum(jobs_waiting)" }
    # queue = { source = "queue", path = "/jobs", value = "waiting" }
    # Or, with an aws block in the provider's configuration, a metric of CloudWatch:
    # queue = { cloudwatch = { namespace = "AWS/SQS", metric_name = "ApproximateNumberOfMessagesVisible", dimensions = { QueueName = "jobs" } } }
    queue = { literal = var.queued_jobs }
  }

  rules = {
    # One server for every 25 jobs, and at least 3 servers whatever the queue says.
    queue = { target = { signal = "queue", target_value = 25 } }
    floor = { value = { number = 3 } }
  }

  # In office hours there are at least 4.
  schedules = {
    office = { start = "0 8 * * MON-FRI", duration = "10h", time_zone = "Europe/Berlin", min = 4 }
  }

  # At most 4 more in a quarter of an hour; none fewer before the queue has been short for half an hour.
  behavior = {
    scale_out = { max_change = [{ count = 4, period = "15m" }] }
    scale_in  = { stabilization_window = "30m" }
  }
}

resource "muster_server_group" "worker" {
  server_configuration = muster_server_configuration.worker.handle
  desired_servers      = muster_scaling_policy.worker.desired_servers
}

# For example "5: queue 120 for 25 per server".
output "why" {
  value = muster_scaling_policy.worker.decision
}
