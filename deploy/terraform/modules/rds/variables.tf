variable "name" {
  description = "Identifier of the instance and prefix of all names, e.g. `farol-dev`."
  type        = string
}

variable "region" {
  description = "Region of the instance."
  type        = string
}

variable "engine_version" {
  description = "Major version; AWS chooses the minor (the seed pinned 17.6, which 17.10 has replaced)."
  type        = string
  default     = "17"

  validation {
    condition     = contains(["17", "18"], var.engine_version)
    error_message = "17 (default) or 18; the major alone."
  }
}

variable "instance_class" {
  description = "Instance class. The seed's db.t3.micro has 1 GiB, which PostgreSQL with pools of two services does not fit into."
  type        = string

  validation {
    condition     = startswith(var.instance_class, "db.") && !endswith(var.instance_class, ".micro")
    error_message = "A db.* class of small or larger."
  }
}

variable "storage_gib" {
  description = "Storage at the start; gp3 gives 3,000 IOPS at any size."
  type        = number
  default     = 20

  validation {
    condition     = var.storage_gib >= 20
    error_message = "gp3 starts at 20 GiB."
  }
}

variable "storage_max_gib" {
  description = "Up to where storage grows by itself."
  type        = number
  default     = 100
}

variable "multi_az" {
  description = "Whether a standby waits in another zone."
  type        = bool
  default     = true
}

variable "subnet_ids" {
  description = "Data subnets in at least two zones."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "RDS wants subnets in two zones."
  }
}

variable "security_group_id" {
  description = "Group of the instance."
  type        = string
}

variable "backup_retention_days" {
  description = "How far back point-in-time recovery reaches."
  type        = number
  default     = 35

  validation {
    condition     = var.backup_retention_days >= 7 && var.backup_retention_days <= 35
    error_message = "7 to 35 days."
  }
}

variable "deletion_protection" {
  description = "Whether the instance refuses to be deleted."
  type        = bool
  default     = true
}

variable "insights_retention_days" {
  description = "Days of Performance Insights: 7 (free) or 465 (Database Insights, advanced)."
  type        = number
  default     = 7

  validation {
    condition     = contains([7, 465], var.insights_retention_days)
    error_message = "7 or 465."
  }
}

variable "log_retention_days" {
  description = "How long PostgreSQL's logs are kept."
  type        = number
  default     = 365
}

variable "connect" {
  description = "Who connects with an IAM token: name of the IAM role and the PostgreSQL role it becomes."
  type = map(object({
    role_name = string
    user      = string
  }))
  default = {}

  validation {
    condition     = alltrue([for entry in values(var.connect) : can(regex("^[a-z][a-z0-9_]+$", entry.user)) && entry.user != "farol_master"])
    error_message = "A PostgreSQL role in lower case, not the master and never *."
  }
}

variable "master_secret_readers" {
  description = "Names of the IAM roles that may read the master's password: the migration job's."
  type        = list(string)
  default     = []

  validation {
    condition     = length(var.master_secret_readers) <= 1
    error_message = "One reader; more than the migration job would be a leak."
  }
}
