# A scaling policy is imported by the name of its configuration, or, where that has
# several groups, by CONFIGURATION/GROUP.
terraform import muster_scaling_policy.worker worker
