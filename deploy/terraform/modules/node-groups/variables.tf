variable "name" {
  description = "Prefix of all names, e.g. `farol-dev`."
  type        = string
}

variable "region" {
  description = "Region of the nodes."
  type        = string
}

variable "cluster_name" {
  description = "Cluster that the nodes join."
  type        = string
}

variable "kubernetes_version" {
  description = "Version of the nodes: the control plane's."
  type        = string
}

variable "node_role_arn" {
  description = "Role of the nodes."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets; the groups spread over their zones."
  type        = list(string)
}

variable "node_security_group_id" {
  description = "Group of nodes and pods."
  type        = string
}

variable "groups" {
  description = "Node groups. Spot groups name at least three instance types of one size: a zone runs out of one of them now and then."
  type = map(object({
    spot           = bool
    instance_types = list(string)
    min            = number
    desired        = number
    max            = number
    disk_gib       = optional(number, 40)
  }))

  validation {
    condition     = alltrue([for group in values(var.groups) : !group.spot || length(distinct(group.instance_types)) >= 3])
    error_message = "A spot group needs three different instance types or more."
  }

  validation {
    condition     = alltrue([for group in values(var.groups) : group.min <= group.desired && group.desired <= group.max])
    error_message = "min <= desired <= max."
  }

  validation {
    condition     = anytrue([for group in values(var.groups) : !group.spot && group.min >= 1])
    error_message = "One on-demand node at least: the platform's pods must survive when spot capacity goes."
  }
}

variable "taint_spot" {
  description = "Whether only pods that tolerate `farol.dev/capacity=spot` are placed on spot nodes."
  type        = bool
  default     = false
}

variable "ebs_csi_role" {
  description = "Role of the storage driver, as the iam module gives it."
  type = object({
    arn             = string
    name            = string
    namespace       = string
    service_account = string
  })
}

variable "addon_versions" {
  description = "Add-on versions; what is not named gets the default of the Kubernetes version."
  type        = map(string)
  default     = {}
}
