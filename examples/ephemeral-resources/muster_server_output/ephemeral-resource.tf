resource "muster_server_configuration" "db" {
  name        = "db"
  image       = "host"
  boot_script = <<-EOT
    head -c 18 /dev/urandom | base64 | muster output set admin_password
  EOT
  outputs     = { admin_password = { sensitive = true } }
}

resource "muster_server_group" "db" {
  server_configuration = muster_server_configuration.db.handle
}

resource "muster_server_readiness" "stack" {
  groups = [muster_server_group.db.handle]
}

# The password that the database has made, which Terraform stores nowhere.
ephemeral "muster_server_output" "admin_password" {
  group  = muster_server_group.db.handle
  output = "admin_password"
  after  = [muster_server_readiness.stack.outputs]
}
