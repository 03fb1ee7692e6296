variable "name" {
  description = "Prefix of all names, e.g. `farol-dev`."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,19}$", var.name))
    error_message = "3 to 20 characters: lower-case letters, digits and -."
  }
}

variable "region" {
  description = "Region of the bucket."
  type        = string
}

variable "old_version_days" {
  description = "How long overwritten states are kept; the newest 20 stay longer."
  type        = number
  default     = 90

  validation {
    condition     = var.old_version_days >= 30
    error_message = "A mistake must be found within these days: at least 30."
  }
}
