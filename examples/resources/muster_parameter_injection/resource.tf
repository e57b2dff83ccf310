resource "muster_server_configuration" "node" {
  name        = "node"
  image       = "host"
  boot_script = <<-EOT
    echo "joining $(muster param get seeds) in $(muster param get region)"
  EOT
  parameters = {
    seeds   = { deferred = true, required_for = "ready" }
    region  = { deferred = true, required_for = "ready" }
    license = { deferred = true, required_for = "nothing", sensitive = true }
  }
}

resource "muster_server_group" "node" {
  server_configuration = muster_server_configuration.node.handle
  desired_servers      = 3
}

# A cluster that needs itself: every member gets the addresses of all.
resource "muster_parameter_injection" "seeds" {
  into   = { group = muster_server_group.node.handle, parameter = "seeds" }
  from   = [{ group = muster_server_group.node.handle, output = "private_ip" }]
  select = "all"
}

# Any value that Terraform knows, however late it knows it.
resource "muster_parameter_injection" "region" {
  into  = { group = muster_server_group.node.handle, parameter = "region" }
  value = "eu-central"
}

# A secret, which Terraform stores neither in its plan nor in its state.
variable "license" {
  type      = string
  sensitive = true
  ephemeral = true
  default   = "secret"
}

resource "muster_parameter_injection" "license" {
  into             = { group = muster_server_group.node.handle, parameter = "license" }
  value_wo         = var.license
  value_wo_version = "1"
}
