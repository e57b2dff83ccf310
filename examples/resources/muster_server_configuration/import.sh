# A server configuration is imported by its name: what its groups launch from or,
# without a group, the newest content.
terraform import muster_server_configuration.web web

# An earlier content of it is imported by its id.
terraform import muster_server_configuration.web web@3f2a9c0d11e45b67
