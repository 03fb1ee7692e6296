variable "name" {
  description = "Name of the vault and prefix of all names, e.g. `farol-dev`."
  type        = string
}

variable "environment" {
  description = "Value of the tag `farol:environment`: other environments' data is not taken."
  type        = string
}

variable "region" {
  description = "Region of the vault."
  type        = string
}

variable "daily_days" {
  description = "How long daily copies are kept; monthly ones stay a year."
  type        = number
  default     = 35

  validation {
    condition     = var.daily_days >= 7 && var.daily_days <= 400
    error_message = "7 to 400 days: the vault's lock refuses others."
  }
}

variable "lock_for_ever" {
  description = "Whether the lock can no longer be lifted after seven days, by nobody."
  type        = bool
  default     = false
}

variable "copy_region" {
  description = "Region of the second copy; null: none."
  type        = string
  default     = null
}

variable "copy_kms_key_arn" {
  description = "Key of the second copy, in its region; null: AWS's key there."
  type        = string
  default     = null
}

variable "rds_arn" {
  description = "Instance whose restore is tried every week."
  type        = string
}

variable "rds_subnet_group" {
  description = "Subnet group that the tried restore comes up in."
  type        = string
}
