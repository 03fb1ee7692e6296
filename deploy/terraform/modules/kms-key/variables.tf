variable "name" {
  description = "Alias of the key, without `alias/`."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9/-]+$", var.name)) && !startswith(var.name, "aws/")
    error_message = "Lower-case letters, digits, - and /; aws/ belongs to AWS."
  }
}

variable "description" {
  description = "What the key encrypts."
  type        = string
}

variable "region" {
  description = "Region of the log groups that the key may encrypt."
  type        = string
}

variable "services" {
  description = "Service principals that use the key for this account, e.g. `backup.amazonaws.com`."
  type        = list(string)
  default     = []
}

variable "for_logs" {
  description = "Whether CloudWatch Logs of the region may use the key."
  type        = bool
  default     = false
}

variable "for_node_volumes" {
  description = "Whether Auto Scaling may open volumes of nodes with the key."
  type        = bool
  default     = false
}

variable "deletion_window_days" {
  description = "Days between the order to delete the key and its end."
  type        = number
  default     = 30

  validation {
    condition     = var.deletion_window_days >= 7 && var.deletion_window_days <= 30
    error_message = "AWS allows 7 to 30 days."
  }
}
