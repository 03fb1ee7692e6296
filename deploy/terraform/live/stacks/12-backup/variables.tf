variable "daily_days" {
  description = "How long daily copies are kept."
  type        = number
}

variable "copy_region" {
  description = "Region of the second copy; null: none."
  type        = string
}
