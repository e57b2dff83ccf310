resource "muster_server_configuration" "web" {
  name  = "web"
  image = "host"

  # listen_port is in the environment. db_address may arrive while the script runs.
  boot_script = <<-EOT
    set -eu
    ./install --port "$listen_port"
    ./configure --database "$(muster param get db_address)"
    ./version | muster output set server_version
  EOT

  # Runs when db_address has changed since.
  update_script = <<-EOT
    set -eu
    ./configure --database "$(muster param get db_address)"
  EOT

  parameters = {
    listen_port = {
      description = "The port to serve on."
      type        = "number"
      default     = "8080"
    }
    db_address = {
      description  = "The address of the database."
      deferred     = true
      required_for = "ready"
      pattern      = "^[0-9.]+$"
      timeout      = "10m"
    }
    api_key = {
      description  = "A secret, which Terraform never stores."
      deferred     = true
      required_for = "nothing"
      sensitive    = true
    }
  }

  outputs = {
    server_version = { description = "The version that was installed." }
  }
}
