variable "name" {
  description = "Name of the cluster and prefix of all names, e.g. `farol-dev`."
  type        = string
}

variable "region" {
  description = "Region of the cluster."
  type        = string
}

variable "kubernetes_version" {
  description = "Minor version. The seed's 1.34 leaves standard support on 2026-12-02; 1.35 has it until 2027-03-27."
  type        = string
  default     = "1.35"

  validation {
    condition     = contains(["1.35", "1.36"], var.kubernetes_version)
    error_message = "1.35 or 1.36: what the manifests are checked with."
  }
}

variable "cluster_role_arn" {
  description = "Role of the control plane."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets in at least two zones."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "EKS wants subnets in two zones."
  }
}

variable "control_plane_security_group_id" {
  description = "Group of the control plane's network interfaces."
  type        = string
}

variable "public_access_cidrs" {
  description = "Who may reach the API server from outside; none: only from within the network."
  type        = list(string)
  default     = []

  validation {
    condition     = !contains(var.public_access_cidrs, "0.0.0.0/0") && alltrue([for cidr in var.public_access_cidrs : can(cidrnetmask(cidr))])
    error_message = "IPv4 ranges of yours; never 0.0.0.0/0."
  }
}

variable "access" {
  description = "Who may what with kubectl: principal, EKS access policy, and namespaces (none: the whole cluster)."
  type = map(object({
    principal_arn = string
    policy        = string
    namespaces    = optional(list(string), [])
  }))
  default = {}

  validation {
    condition = alltrue([for entry in values(var.access) : contains(
      ["AmazonEKSClusterAdminPolicy", "AmazonEKSAdminPolicy", "AmazonEKSEditPolicy", "AmazonEKSViewPolicy"], entry.policy
    )])
    error_message = "AmazonEKSClusterAdminPolicy, AmazonEKSAdminPolicy, AmazonEKSEditPolicy or AmazonEKSViewPolicy."
  }
}

variable "pod_roles" {
  description = "Roles of service accounts, as the iam module gives them; `vpc-cni` and `ebs-csi` go to their add-ons."
  type = map(object({
    arn             = string
    name            = string
    namespace       = string
    service_account = string
  }))
}

variable "addon_versions" {
  description = "Add-on versions; what is not named gets the default of the Kubernetes version."
  type        = map(string)
  default     = {}
}

variable "deletion_protection" {
  description = "Whether the cluster refuses to be deleted."
  type        = bool
  default     = true
}

variable "log_retention_days" {
  description = "How long control plane logs are kept."
  type        = number
  default     = 365
}
