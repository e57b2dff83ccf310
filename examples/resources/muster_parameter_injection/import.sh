# An injection is imported by the group and the parameter that it feeds.
terraform import muster_parameter_injection.db_host web.db_host
