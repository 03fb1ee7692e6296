variable "name" {
  description = "Id of the replication group and prefix of all names, e.g. `farol-dev`."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,39}$", var.name)) && !strcontains(var.name, "--")
    error_message = "1 to 40 characters: lower-case letters, digits and single -."
  }
}

variable "region" {
  description = "Region of the store."
  type        = string
}

variable "engine_version" {
  description = "Valkey version. The seed's Redis 7.0 has Valkey as its open successor, with an upgrade in place."
  type        = string
  default     = "8.2"

  validation {
    condition     = can(regex("^(8|9)[.][0-9]+$", var.engine_version))
    error_message = "8.N or 9.N."
  }
}

variable "node_type" {
  description = "Node type, e.g. cache.t4g.micro."
  type        = string

  validation {
    condition     = startswith(var.node_type, "cache.")
    error_message = "A cache.* type."
  }
}

variable "nodes" {
  description = "Nodes, the primary among them; two or more fail over by themselves."
  type        = number
  default     = 2

  validation {
    condition     = var.nodes >= 1 && var.nodes <= 6
    error_message = "1 to 6."
  }
}

variable "subnet_ids" {
  description = "Data subnets."
  type        = list(string)
}

variable "security_group_id" {
  description = "Group of the nodes."
  type        = string
}

variable "users" {
  description = "Who signs in: name of the IAM role, the pattern of keys it may use, and whether by password instead of by IAM token."
  type = map(object({
    role_name = string
    keys      = string
    password  = optional(bool, false)
  }))

  validation {
    condition     = alltrue([for user in values(var.users) : can(regex("^[a-z]+:[*]$", user.keys))])
    error_message = "Keys by their prefix, e.g. farol:*."
  }
}

variable "snapshot_days" {
  description = "Days of snapshots; 0: none, which is enough for a cache."
  type        = number
  default     = 1
}

variable "log_retention_days" {
  description = "How long the store's logs are kept."
  type        = number
  default     = 365
}

variable "passwords" {
  description = "Password of each user that signs in by one (16 characters or more); never in state."
  type        = map(string)
  default     = {}
  ephemeral   = true
  sensitive   = true
}

variable "password_version" {
  description = "Raised when the passwords have changed: Terraform cannot see it otherwise."
  type        = number
  default     = 1
}
