variable "kubernetes_version" {
  description = "Minor version."
  type        = string
  default     = "1.35"
}

variable "public_access_cidrs" {
  description = "Who reaches the API server from outside."
  type        = list(string)
}

variable "access" {
  description = "Who may what with kubectl."
  type = map(object({
    principal_arn = string
    policy        = string
    namespaces    = optional(list(string), [])
  }))
}

variable "deletion_protection" {
  description = "Whether the cluster refuses to be deleted."
  type        = bool
  default     = true
}
