output "endpoints" {
  description = "What etcdctl takes as --endpoints."
  value       = join(",", [for member in muster_server_readiness.etcd.outputs : member.client_url])
}
