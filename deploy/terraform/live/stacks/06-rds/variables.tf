variable "engine_version" {
  description = "Major version; AWS chooses the minor."
  type        = string
  default     = "17"
}

variable "instance_class" {
  description = "Instance class."
  type        = string
}

variable "storage_gib" {
  description = "Storage at the start."
  type        = number
}

variable "storage_max_gib" {
  description = "Up to where storage grows."
  type        = number
}

variable "multi_az" {
  description = "Whether a standby waits in another zone."
  type        = bool
}

variable "backup_retention_days" {
  description = "How far back point-in-time recovery reaches."
  type        = number
}

variable "deletion_protection" {
  description = "Whether the instance refuses to be deleted."
  type        = bool
  default     = true
}
