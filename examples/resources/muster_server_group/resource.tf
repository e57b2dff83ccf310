resource "muster_server_configuration" "web" {
  name        = "web"
  image       = "host"
  boot_script = "echo \"serving on port $listen_port\""
  parameters  = { listen_port = { type = "number", default = "8080" } }
}

resource "muster_server_group" "web" {
  server_configuration = muster_server_configuration.web.handle
  desired_servers      = 3
  parameters           = { listen_port = "9090" }
}

output "addresses" {
  value = { for key, member in muster_server_group.web.members : key => member.private_ip }
}
