# A server group is imported by its name.
terraform import muster_server_group.web web
