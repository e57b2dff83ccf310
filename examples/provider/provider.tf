terraform {
  required_providers {
    muster = { source = "musterhq/muster" }
  }
}

# Nothing has to be set: without a block, the servers run on this machine, and what
# Muster knows of them lies in the directory .muster. This one adds a service that
# the signals of scaling policies come from.
provider "muster" {
  metric_sources = {
    queue = {
      http = {
        base_url = "https://metrics.example.com/v1"
        headers  = { Authorization = "Bearer ${var.metrics_token}" }
      }
    }
  }
}

variable "metrics_token" {
  description = "The token for the metrics service."
  type        = string
  sensitive   = true
  default     = ""
}
