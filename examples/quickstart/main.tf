# Two kinds of servers that need each other, and a policy that decides how many
# of one of them run.
#
#   store   talks only to servers on its lists, and makes a token for each list
#   web     needs the store's address and a token
#
# All of them boot at once, each with what it has; Muster delivers the rest.

terraform {
  required_providers {
    muster = {
      # From the directory terraform.d, where "go run ./internal/demo -build" puts it.
      source  = "muster.example/musterhq/muster"
      version = "0.1.0"
    }
  }
}

provider "muster" {
  metric_sources = var.queue_url == null ? null : {
    queue = { http = { base_url = var.queue_url } }
  }
}

# What the servers are.

resource "muster_server_configuration" "store" {
  name          = "store"
  image         = "host"
  boot_script   = file("${path.module}/store.sh")
  update_script = file("${path.module}/store-update.sh")
  parameters = {
    app                = { default = abspath("${path.module}/terraform.d/app") }
    web_endpoints      = { deferred = true, required_for = "ready" }
    overflow_endpoints = { deferred = true, required_for = "nothing" }
  }
  outputs = {
    web_token      = { sensitive = true }
    overflow_token = { sensitive = true }
  }
}

resource "muster_server_configuration" "web" {
  name        = "web"
  image       = "host"
  boot_script = file("${path.module}/web.sh")
  parameters = {
    app           = { default = abspath("${path.module}/terraform.d/app") }
    store_address = { deferred = true, required_for = "ready" }
    token         = { deferred = true, required_for = "ready", sensitive = true }
  }
  outputs = {
    endpoint = {}
  }
}

# How many of them run.

resource "muster_server_group" "store" {
  server_configuration = muster_server_configuration.store.handle
}

resource "muster_server_group" "web" {
  server_configuration = muster_server_configuration.web.handle
  desired_servers      = 2
}

resource "muster_server_group" "overflow" {
  name                 = "overflow"
  server_configuration = muster_server_configuration.web.handle
  desired_servers      = muster_scaling_policy.overflow.desired_servers
}

resource "muster_scaling_policy" "overflow" {
  server_configuration = muster_server_configuration.web.name
  server_group         = "overflow"
  min_servers          = 0
  max_servers          = 5
  signals = {
    queue = {
      literal = var.queue_url == null ? var.queue_depth : null
      source  = var.queue_url == null ? null : "queue"
      path    = var.queue_url == null ? null : "/queue"
      value   = var.queue_url == null ? null : "depth"
    }
  }
  rules = {
    queue = { target = { signal = "queue", target_value = 10 } }
  }
}

# Who needs what of whom.

locals {
  web_groups = {
    web      = muster_server_group.web.handle
    overflow = muster_server_group.overflow.handle
  }
}

resource "muster_parameter_injection" "store_address" {
  for_each = local.web_groups

  into = { group = each.value, parameter = "store_address" }
  from = [{ group = muster_server_group.store.handle, output = "private_ip" }]
}

resource "muster_parameter_injection" "token" {
  for_each = local.web_groups

  into = { group = each.value, parameter = "token" }
  from = [{ group = muster_server_group.store.handle, output = "${each.key}_token" }]
}

resource "muster_parameter_injection" "endpoints" {
  for_each = local.web_groups

  into   = { group = muster_server_group.store.handle, parameter = "${each.key}_endpoints" }
  from   = [{ group = each.value, output = "endpoint" }]
  select = "all"
}

# All of them are really up, or the apply fails with what went wrong on which server.

resource "muster_server_readiness" "all" {
  groups = concat([muster_server_group.store.handle], values(local.web_groups))
  after = concat(
    values(muster_parameter_injection.store_address)[*].wire,
    values(muster_parameter_injection.token)[*].wire,
    values(muster_parameter_injection.endpoints)[*].wire,
  )
  timeouts = { create = "1m", update = "1m" }
}
