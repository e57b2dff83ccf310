# Web servers, and haproxy in front of them. The web servers come and go, and no
# request fails:
#
#   web     says where it is found when it answers, and not before
#   proxy   gets that list, and each new one; it reloads without dropping anything
#
# A web server that goes is taken off the list first, and ended when nobody uses it.

terraform {
  required_providers {
    muster = { source = "musterhq/muster" }
  }
}

variable "web_servers" {
  description = "The number of web servers."
  type        = number
  default     = 2

  validation {
    condition     = var.web_servers >= 1
    error_message = "The proxy needs a web server: set web_servers to 1 or more."
  }
}

resource "muster_server_configuration" "web" {
  name                = "web"
  image               = "host"
  boot_script         = file("${path.module}/web.sh")
  decommission_script = file("${path.module}/web-decommission.sh")
  outputs             = { endpoint = {} }
}

# The same script boots the proxy and follows the list.
resource "muster_server_configuration" "proxy" {
  name                  = "proxy"
  image                 = "host"
  boot_script           = file("${path.module}/proxy.sh")
  update_script         = file("${path.module}/proxy.sh")
  update_script_timeout = "2m" # longer than hard-stop-after in proxy.sh
  parameters            = { web_endpoints = { deferred = true, required_for = "ready" } }
}

resource "muster_server_group" "web" {
  server_configuration = muster_server_configuration.web.handle
  desired_servers      = var.web_servers
  drain_timeout        = "5m" # longer than the proxy's update_script_timeout
}

resource "muster_server_group" "proxy" {
  server_configuration = muster_server_configuration.proxy.handle
}

# The list is a published output and not the fact private_ip: an address exists before
# anything answers there.
resource "muster_parameter_injection" "web_endpoints" {
  into        = { group = muster_server_group.proxy.handle, parameter = "web_endpoints" }
  from        = [{ group = muster_server_group.web.handle, output = "endpoint" }]
  select      = "all"
  min_sources = 1
}

resource "muster_server_readiness" "all" {
  groups   = [muster_server_group.web.handle, muster_server_group.proxy.handle]
  after    = [muster_parameter_injection.web_endpoints.wire]
  timeouts = { create = "3m", update = "3m" }
}

output "url" {
  description = "Where the proxy answers."
  value       = "http://${muster_server_group.proxy.members["proxy-0"].private_ip}:8080/"
}
