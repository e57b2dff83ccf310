output "decision" {
  description = "Why there are so many overflow servers."
  value       = muster_scaling_policy.overflow.decision
}

output "addresses" {
  description = "The address of every server, by its key."
  value = merge([
    for group in [muster_server_group.store, muster_server_group.web, muster_server_group.overflow] :
    { for key, member in group.members : key => member.private_ip }
  ]...)
}
