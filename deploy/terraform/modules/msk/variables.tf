variable "name" {
  description = "Name of the cluster and prefix of all names, e.g. `farol-dev`."
  type        = string
}

variable "region" {
  description = "Region of the cluster."
  type        = string
}

variable "kafka_version" {
  description = "Kafka version; `.kraft` chooses KRaft, which cannot be chosen later. The seed's 3.5.1 ended on 2025-10-23."
  type        = string
  default     = "3.9.x.kraft"

  validation {
    condition     = can(regex("^(3[.]9|4[.][0-9]+)[.]x[.]kraft$", var.kafka_version))
    error_message = "3.9.x.kraft or 4.N.x.kraft."
  }
}

variable "instance_type" {
  description = "kafka.m7g.* (Standard), express.m7g.* (Express; no way back or forth), kafka.t3.small for development only."
  type        = string

  validation {
    condition     = can(regex("^(kafka[.](t3[.]small|m7g[.][0-9a-z]+)|express[.]m7g[.][0-9a-z]+)$", var.instance_type))
    error_message = "kafka.t3.small, kafka.m7g.* or express.m7g.*."
  }
}

variable "brokers" {
  description = "Number of brokers. The promise needs replication 3 with two in sync, hence three at least (the seed had two)."
  type        = number
  default     = 3

  validation {
    condition     = var.brokers >= 3
    error_message = "At least three brokers: replication is 3."
  }
}

variable "storage_gib" {
  description = "Disk of each Standard broker; Express brokers have none of ours."
  type        = number
  default     = 100
}

variable "subnet_ids" {
  description = "Data subnets, one per zone."
  type        = list(string)
}

variable "security_group_id" {
  description = "Group of the brokers."
  type        = string
}

variable "topics" {
  description = "Topics by name; replication is 3, two in sync, and retention has no byte limit."
  type = map(object({
    partitions        = number
    max_message_bytes = optional(number, 1048588)
  }))

  validation {
    condition     = alltrue([for topic in values(var.topics) : topic.partitions >= 3])
    error_message = "Three partitions or more: one per broker."
  }
}

variable "topics_retention_hours" {
  description = "How long records are kept: longer than any outage of the worker."
  type        = number
  default     = 168

  validation {
    condition     = var.topics_retention_hours >= 168
    error_message = "Seven days (168) at least: the gateway is not ready with less."
  }
}

variable "clients" {
  description = "Who may what: name of the IAM role, topics it writes and reads, consumer groups it joins."
  type = map(object({
    role_name = string
    writes    = optional(list(string), [])
    reads     = optional(list(string), [])
    groups    = optional(list(string), [])
  }))
  default = {}

  validation {
    condition = alltrue([
      for client in values(var.clients) : alltrue([for name in concat(client.writes, client.reads, client.groups) : !strcontains(name, "*")])
    ])
    error_message = "Topics and groups by name, without *."
  }
}

variable "log_retention_days" {
  description = "How long brokers' logs are kept."
  type        = number
  default     = 365
}

variable "scram_users" {
  description = "SCRAM logins beside IAM (port 9096). Such a login may do everything on the cluster: none where programs sign in with IAM."
  type        = set(string)
  default     = []
}

variable "scram_passwords" {
  description = "Password of each SCRAM login; written to Secrets Manager and never to state."
  type        = map(string)
  default     = {}
  ephemeral   = true
  sensitive   = true
}

variable "scram_password_version" {
  description = "Raised when the passwords have changed: Terraform cannot see it otherwise."
  type        = number
  default     = 1
}
