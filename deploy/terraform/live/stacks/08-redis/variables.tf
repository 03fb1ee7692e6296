variable "engine_version" {
  description = "Valkey version."
  type        = string
  default     = "8.2"
}

variable "node_type" {
  description = "Node type."
  type        = string
}

variable "nodes" {
  description = "Nodes, the primary among them."
  type        = number
}

variable "passwords" {
  description = "Password of the gateway's user, for as long as it cannot sign IAM tokens: TF_VAR_passwords='{\"gateway\":\"…\"}'."
  type        = map(string)
  ephemeral   = true
  sensitive   = true
}
