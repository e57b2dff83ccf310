# A PostgreSQL primary and a standby that need each other.
#
#   primary   admits for replication only the addresses of standbys, and makes the
#             password of replication when it boots
#   standby   needs the primary's address and that password
#
# Both boot at once; Muster delivers to each what the other has.

terraform {
  required_providers {
    muster = { source = "musterhq/muster" }
  }
}

provider "muster" {}

variable "postgresql_bin" {
  description = "The directory of PostgreSQL's programs on the servers."
  type        = string
  default     = "/usr/lib/postgresql/15/bin"
}

variable "standbys" {
  description = "The number of standbys, at least 1."
  type        = number
  default     = 1
}

variable "password_version" {
  description = "Change it, and the primary makes a new password of replication."
  type        = string
  default     = "1"
}

# What the servers are. Each has one script: it does what is missing, so it boots the
# server, and brings it up to date when a parameter has changed.

locals {
  common  = file("${path.module}/common.sh")
  primary = "${local.common}${file("${path.module}/primary.sh")}"
  standby = "${local.common}${file("${path.module}/standby.sh")}"
  stop    = "${local.common}${file("${path.module}/stop.sh")}"
}

resource "muster_server_configuration" "primary" {
  name                = "primary"
  image               = "host"
  boot_script         = local.primary
  update_script       = local.primary
  decommission_script = local.stop
  parameters = {
    postgresql_bin    = { default = var.postgresql_bin }
    standby_addresses = { deferred = true, required_for = "ready", pattern = "^[0-9. ]+$" }
    password_version  = { deferred = true, required_for = "ready" }
  }
  outputs = {
    replication_password = { sensitive = true }
  }
}

resource "muster_server_configuration" "standby" {
  name                = "standby"
  image               = "host"
  boot_script         = local.standby
  update_script       = local.standby
  decommission_script = local.stop
  parameters = {
    postgresql_bin       = { default = var.postgresql_bin }
    primary_address      = { deferred = true, required_for = "ready", pattern = "^[0-9.]+$" }
    replication_password = { deferred = true, required_for = "ready", sensitive = true }
  }
}

# How many of them run.

resource "muster_server_group" "primary" {
  server_configuration = muster_server_configuration.primary.handle
}

resource "muster_server_group" "standby" {
  server_configuration = muster_server_configuration.standby.handle
  desired_servers      = var.standbys
}

# Who needs what of whom.

resource "muster_parameter_injection" "standby_addresses" {
  into      = { group = muster_server_group.primary.handle, parameter = "standby_addresses" }
  from      = [{ group = muster_server_group.standby.handle, output = "private_ip" }]
  select    = "all"
  separator = " "
}

resource "muster_parameter_injection" "primary_address" {
  into = { group = muster_server_group.standby.handle, parameter = "primary_address" }
  from = [{ group = muster_server_group.primary.handle, output = "private_ip" }]
}

resource "muster_parameter_injection" "replication_password" {
  into = { group = muster_server_group.standby.handle, parameter = "replication_password" }
  from = [{ group = muster_server_group.primary.handle, output = "replication_password" }]
}

resource "muster_parameter_injection" "password_version" {
  into  = { group = muster_server_group.primary.handle, parameter = "password_version" }
  value = var.password_version
}

# The apply succeeds when every standby streams, and otherwise says what failed where.

resource "muster_server_readiness" "replication" {
  groups = [muster_server_group.primary.handle, muster_server_group.standby.handle]
  after = [
    muster_parameter_injection.standby_addresses.wire,
    muster_parameter_injection.primary_address.wire,
    muster_parameter_injection.replication_password.wire,
    muster_parameter_injection.password_version.wire,
  ]
  timeouts = { create = "5m", update = "5m" }
}

output "addresses" {
  description = "The address of every server, by its key."
  value = merge([
    for group in [muster_server_group.primary, muster_server_group.standby] :
    { for key, member in group.members : key => member.private_ip }
  ]...)
}

output "primary_id" {
  description = "The ID of the primary, which is also the name of its directory."
  value       = muster_server_group.primary.members["primary-0"].id
}
