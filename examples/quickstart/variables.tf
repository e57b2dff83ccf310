variable "queue_depth" {
  description = "The number of jobs that wait. Every 10 of them ask for one overflow server."
  type        = number
  default     = 0
}

variable "queue_url" {
  description = "The URL of a service that tells the number of jobs under /queue as {\"depth\": 20}. It takes the place of queue_depth."
  type        = string
  default     = null
}
