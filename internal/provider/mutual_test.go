package provider_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

func TestAccMutual(t *testing.T) {
	t.Parallel()
	directory := acctest.Directory(t)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{{
			Config: acctest.ProviderBlock(directory, "") + `
resource "muster_server_configuration" "db" {
  name        = "db"
  image       = "host"
  boot_script = <<-EOT
    echo "db begins"
    printf %s "token-of-$MUSTER_MEMBER" | muster output set token
    peer=$(muster param get web_address)
    echo "peer=$peer"
  EOT
  parameters = { web_address = { deferred = true, required_for = "ready" } }
  outputs    = { token = {} }
}
resource "muster_server_configuration" "web" {
  name        = "web"
  image       = "host"
  boot_script = <<-EOT
    echo "web begins with $db_token"
  EOT
  parameters = { db_token = { deferred = true } }
}
resource "muster_server_group" "db" { server_configuration = muster_server_configuration.db.handle }
resource "muster_server_group" "web" {
  server_configuration = muster_server_configuration.web.handle
  desired_servers      = 2
}
resource "muster_parameter_injection" "token" {
  into = { group = muster_server_group.web.handle, parameter = "db_token" }
  from = [{ group = muster_server_group.db.handle, output = "token" }]
}
resource "muster_parameter_injection" "address" {
  into = { group = muster_server_group.db.handle, parameter = "web_address" }
  from = [{ group = muster_server_group.web.handle, output = "private_ip" }]
}
resource "muster_server_readiness" "all" {
  groups = [muster_server_group.web.handle, muster_server_group.db.handle]
  after  = [muster_parameter_injection.token.wire, muster_parameter_injection.address.wire]
  timeouts = { create = "20s" }
}
output "token" { value = muster_server_readiness.all.outputs["db-0"]["token"] }
`,
			Check: resource.ComposeTestCheckFunc(
				resource.TestCheckOutput("token", "token-of-db-0"),
				resource.TestCheckResourceAttr("muster_server_group.web", "members.%", "2"),
			),
		}},
	})
}
