variable "members" {
  description = "The number of members. An odd one: a fourth member adds nothing that three don't survive."
  type        = number
  default     = 3

  validation {
    condition     = var.members % 2 == 1
    error_message = "The number of members must be odd."
  }
}

variable "heartbeat_ms" {
  description = "How often the leader tells that it lives, in milliseconds. Members that hear nothing for ten times as long elect another one: a busy machine must not make them."
  type        = number
  default     = 250
}
