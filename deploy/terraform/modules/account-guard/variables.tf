variable "name" {
  description = "Prefix of all names, e.g. `farol-prod`."
  type        = string
}

variable "region" {
  description = "Region of trail and detector; the trail records all regions."
  type        = string
}

variable "kms_key_arn" {
  description = "Key that CloudTrail and CloudWatch Logs may use."
  type        = string
}

variable "state_bucket_arn" {
  description = "Bucket of Terraform's state; who reads it is in the trail."
  type        = string
}

variable "log_retention_days" {
  description = "How long the trail is kept."
  type        = number
  default     = 365
}
