variable "name" {
  description = "Prefix of all names, e.g. `farol-dev`."
  type        = string
}

variable "environment" {
  description = "Value of the tag `farol:environment`, by which the budget counts."
  type        = string
}

variable "region" {
  description = "Region of alarms and trail."
  type        = string
}

variable "owns_account" {
  description = "Whether this environment sets what an account has once: GuardDuty and CloudTrail."
  type        = bool
  default     = true
}

variable "state_bucket_arn" {
  description = "Bucket of Terraform's state; who reads it is in the trail."
  type        = string
}

variable "alarm_emails" {
  description = "Addresses that get alarms and budget warnings; each has to confirm once."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.alarm_emails : can(regex("^[^@ ]+@[^@ ]+$", address))])
    error_message = "E-mail addresses."
  }
}

variable "monthly_budget_usd" {
  description = "Budget per month; a warning comes at 80 % spent and when the forecast passes it."
  type        = number

  validation {
    condition     = var.monthly_budget_usd > 0
    error_message = "More than nothing."
  }
}

variable "rds_identifier" {
  description = "PostgreSQL instance."
  type        = string
}

variable "rds_storage_gib" {
  description = "Its first storage size; the alarm comes at a tenth of it."
  type        = number
}

variable "kafka_name" {
  description = "Kafka cluster."
  type        = string
}

variable "redis_id" {
  description = "Valkey replication group."
  type        = string
}

variable "opensearch_domain" {
  description = "OpenSearch domain."
  type        = string
}

variable "log_retention_days" {
  description = "How long the trail is kept."
  type        = number
  default     = 365
}
