# A readiness is imported by the names of its groups. The first apply after it waits
# once, and changes nothing on the servers.
terraform import muster_server_readiness.stack web,db
