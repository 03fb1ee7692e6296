variable "name" {
  description = "Prefix of all names, e.g. `farol-dev`; the domain's name is made of it."
  type        = string
}

variable "region" {
  description = "Region of the domain."
  type        = string
}

variable "engine_version" {
  description = "OpenSearch version. From the seed's 2.11 the way to 3.x goes by 2.19; a new domain starts on 3.x."
  type        = string
  default     = "3.5"

  validation {
    condition     = contains(["2.19", "3.5"], var.engine_version)
    error_message = "3.5 or, with caution, 2.19."
  }
}

variable "instance_type" {
  description = "Type of data nodes; t3.small.search has no auto-tune and a small heap, so for development only."
  type        = string

  validation {
    condition     = endswith(var.instance_type, ".search")
    error_message = "A type that ends in .search."
  }
}

variable "data_nodes" {
  description = "Data nodes, a multiple of the zones used."
  type        = number
  default     = 2

  validation {
    condition     = var.data_nodes >= 2
    error_message = "One node loses what it holds with its disk: at least two."
  }
}

variable "master_type" {
  description = "Type of three dedicated masters; null: none."
  type        = string
  default     = null
}

variable "storage_gib" {
  description = "Disk of each data node."
  type        = number
  default     = 20
}

variable "subnet_ids" {
  description = "Data subnets; as many are used as there are zones to be aware of."
  type        = list(string)
}

variable "security_group_id" {
  description = "Group of the domain."
  type        = string
}

variable "writers" {
  description = "Roles that write: Fluent Bit's and Jaeger's."
  type = map(object({
    role_name = string
    role_arn  = string
  }))
  default = {}
}

variable "log_retention_days" {
  description = "How long the domain's own logs are kept."
  type        = number
  default     = 365
}
