variable "name" {
  description = "Prefix of all names, e.g. `farol-dev`."
  type        = string
}

variable "vpc_id" {
  description = "Network of the groups."
  type        = string
}

variable "kafka_ports" {
  description = "Ways into Kafka: 9098 (TLS with IAM) and, where SCRAM logins exist, 9096."
  type        = set(number)
  default     = [9098]

  validation {
    condition     = length(var.kafka_ports) > 0 && length(setsubtract(var.kafka_ports, [9096, 9098])) == 0
    error_message = "9098 and 9096 only: 9092 is plain text, 9094 knows no login."
  }
}

variable "webhook_ports" {
  description = "Ports of pods that the API server calls: metrics-server, load balancer controller, operators."
  type        = set(number)
  default     = [443, 4443, 6443, 8443, 9443]

  validation {
    condition     = !contains(var.webhook_ports, 22)
    error_message = "The API server has no business with SSH."
  }
}

variable "client_cidrs" {
  description = "Who may reach the load balancer on 443; an intake for services of one company needs no world."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for cidr in var.client_cidrs : can(cidrnetmask(cidr))])
    error_message = "IPv4 ranges, e.g. 203.0.113.0/24."
  }
}
