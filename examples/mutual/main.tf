terraform {
  required_providers {
    muster = { source = "musterhq/muster" }
  }
}

# The database admits only addresses that it knows, and makes its own password.
resource "muster_server_configuration" "db" {
  name        = "db"
  image       = "host"
  boot_script = <<-EOT
    head -c 24 /dev/urandom | base64 | muster output set password
    echo "admitting $(muster param get web_addresses)"
  EOT
  parameters  = { web_addresses = { deferred = true, required_for = "ready" } }
  outputs     = { password = { sensitive = true } }
}

# A web server needs the database's address and that password.
resource "muster_server_configuration" "web" {
  name        = "web"
  image       = "host"
  boot_script = <<-EOT
    password=$(muster param get db_password)
    echo "connecting to $(muster param get db_address)"
  EOT
  parameters = {
    db_address  = { deferred = true, required_for = "ready" }
    db_password = { deferred = true, required_for = "ready", sensitive = true }
  }
}

resource "muster_server_group" "db" {
  server_configuration = muster_server_configuration.db.handle
}

resource "muster_server_group" "web" {
  server_configuration = muster_server_configuration.web.handle
  desired_servers      = 3
}

# All four servers boot at once. What they need of each other is delivered as soon
# as it exists: groups never depend on each other, so this is no cycle.
resource "muster_parameter_injection" "web_addresses" {
  into   = { group = muster_server_group.db.handle, parameter = "web_addresses" }
  from   = [{ group = muster_server_group.web.handle, output = "private_ip" }]
  select = "all"
}

resource "muster_parameter_injection" "db_address" {
  into = { group = muster_server_group.web.handle, parameter = "db_address" }
  from = [{ group = muster_server_group.db.handle, output = "private_ip" }]
}

resource "muster_parameter_injection" "db_password" {
  into = { group = muster_server_group.web.handle, parameter = "db_password" }
  from = [{ group = muster_server_group.db.handle, output = "password" }]
}

# The apply succeeds when all of them are up, and otherwise says what failed where.
resource "muster_server_readiness" "stack" {
  groups = [muster_server_group.db.handle, muster_server_group.web.handle]
  after = [
    muster_parameter_injection.web_addresses.wire,
    muster_parameter_injection.db_address.wire,
    muster_parameter_injection.db_password.wire,
  ]
}
