variable "name" {
  description = "Prefix of all names, e.g. `farol-dev`."
  type        = string
}

variable "environment" {
  description = "GitHub's protected environment whose jobs may apply."
  type        = string
}

variable "owns_account" {
  description = "Whether this environment makes the provider, which an account has once."
  type        = bool
  default     = true
}

variable "repositories" {
  description = "The repository in the form its tokens carry: `owner/name`, or `owner@id/name@id` if made or renamed after 2026-07-15; both while unsure."
  type        = list(string)

  validation {
    condition     = length(var.repositories) > 0 && alltrue([for r in var.repositories : can(regex("^[^*:/ ]+/[^*:/ ]+$", r))])
    error_message = "owner/name, without *."
  }
}

variable "state_statements" {
  description = "IAM statements for state and lock, as the remote-state module gives them."
  type = list(object({
    Sid      = string
    Effect   = string
    Action   = list(string)
    Resource = list(string)
  }))
}

variable "repository_arns" {
  description = "Image repositories that CI pushes to."
  type        = list(string)
}
