data "muster_server_group" "web" {
  name = "web"
}

output "ready" {
  value = [for key, member in data.muster_server_group.web.members : key if member.status == "ready"]
}
