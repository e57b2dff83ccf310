# An etcd cluster that one apply brings up, and another makes larger or smaller while it
# is being used. Every member needs the addresses of all: a group that needs itself.

terraform {
  required_providers {
    muster = { source = "musterhq/muster" }
  }
}

resource "muster_server_configuration" "etcd" {
  name  = "etcd"
  image = "host"

  boot_script         = join("\n", [file("${path.module}/cluster.sh"), file("${path.module}/boot.sh")])
  update_script       = join("\n", [file("${path.module}/cluster.sh"), file("${path.module}/update.sh")])
  decommission_script = join("\n", [file("${path.module}/cluster.sh"), file("${path.module}/decommission.sh")])

  parameters = {
    heartbeat_ms = {
      description = "How often the leader tells that it lives, in milliseconds."
      type        = "number"
    }
    peers = {
      description  = "The addresses of all members."
      deferred     = true
      required_for = "ready"
      pattern      = "^[0-9.,]+$"
    }
    founders = {
      description  = "The addresses of the members that founded the cluster, once there is one."
      deferred     = true
      required_for = "nothing"
      pattern      = "^[0-9.,]+$"
    }
  }
  outputs = {
    founders   = { description = "Which members founded the cluster, as far as this one knows." }
    client_url = { description = "Where this member serves clients." }
  }
}

resource "muster_server_group" "etcd" {
  server_configuration = muster_server_configuration.etcd.handle
  desired_servers      = var.members
  parameters           = { heartbeat_ms = var.heartbeat_ms }
  drain_timeout        = "2m"
}

# Every member gets the addresses of all, one after the other: the next one when the one
# before has joined.
resource "muster_parameter_injection" "peers" {
  into   = { group = muster_server_group.etcd.handle, parameter = "peers" }
  from   = [{ group = muster_server_group.etcd.handle, output = "private_ip" }]
  select = "all"
  order  = "serial"
}

# The group remembers who founded the cluster. A member that is born later joins them.
resource "muster_parameter_injection" "founders" {
  into = { group = muster_server_group.etcd.handle, parameter = "founders" }
  from = [{ group = muster_server_group.etcd.handle, output = "founders" }]
}

resource "muster_server_readiness" "etcd" {
  groups   = [muster_server_group.etcd.handle]
  after    = [muster_parameter_injection.peers.wire, muster_parameter_injection.founders.wire]
  timeouts = { create = "5m", update = "5m" }
}
