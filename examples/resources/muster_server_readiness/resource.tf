resource "muster_server_configuration" "web" {
  name        = "web"
  image       = "host"
  boot_script = <<-EOT
    echo "greeting with $(muster param get greeting)"
    echo "http://$MUSTER_PRIVATE_IP:8080/" | muster output set url
  EOT
  parameters  = { greeting = { deferred = true, required_for = "ready" } }
  outputs     = { url = {} }
}

resource "muster_server_group" "web" {
  server_configuration = muster_server_configuration.web.handle
  desired_servers      = 3
}

resource "muster_parameter_injection" "greeting" {
  into  = { group = muster_server_group.web.handle, parameter = "greeting" }
  value = "hello"
}

resource "muster_server_readiness" "stack" {
  groups = [muster_server_group.web.handle]
  after  = [muster_parameter_injection.greeting.wire]

  # Two of the three are enough.
  min_ready = { (muster_server_group.web.name) = 2 }
  timeouts  = { create = "5m", update = "5m" }
}

output "urls" {
  value = { for key, outputs in muster_server_readiness.stack.outputs : key => outputs["url"] }
}
