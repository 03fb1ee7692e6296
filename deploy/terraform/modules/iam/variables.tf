variable "name" {
  description = "Prefix of all names and name of the cluster, e.g. `farol-dev`."
  type        = string
}

variable "environment" {
  description = "Environment, the second part of secrets' names: `farol/<environment>/<secret>`."
  type        = string
}

variable "region" {
  description = "Region of cluster and secrets."
  type        = string
}

variable "service_accounts" {
  description = "Service accounts of the cluster with a role of their own; `managed_policy` is an AWS policy for parts of EKS itself."
  type = map(object({
    namespace       = string
    service_account = string
    managed_policy  = optional(string)
  }))
  default = {
    farol-gateway                = { namespace = "farol", service_account = "farol-gateway" }
    farol-worker                 = { namespace = "farol", service_account = "farol-worker" }
    farol-migrate                = { namespace = "farol", service_account = "farol-migrate" }
    external-secrets             = { namespace = "external-secrets", service_account = "external-secrets" }
    aws-load-balancer-controller = { namespace = "kube-system", service_account = "aws-load-balancer-controller" }
    cluster-autoscaler           = { namespace = "kube-system", service_account = "cluster-autoscaler" }
    fluent-bit                   = { namespace = "logging", service_account = "fluent-bit" }
    jaeger                       = { namespace = "tracing", service_account = "jaeger" }
    vpc-cni                      = { namespace = "kube-system", service_account = "aws-node", managed_policy = "AmazonEKS_CNI_Policy" }
    ebs-csi = {
      namespace      = "kube-system", service_account = "ebs-csi-controller-sa"
      managed_policy = "service-role/AmazonEBSCSIDriverPolicyV2"
    }
  }

  validation {
    condition     = length(distinct([for a in var.service_accounts : "${a.namespace}/${a.service_account}"])) == length(var.service_accounts)
    error_message = "Two roles for one service account: EKS associates one."
  }
}

variable "secrets" {
  description = "Secrets that people fill, by the last part of their name, with what they hold."
  type        = map(string)
  default     = {}
}

variable "secret_recovery_days" {
  description = "Days in which a deleted secret can be brought back."
  type        = number
  default     = 30

  validation {
    condition     = var.secret_recovery_days >= 7 && var.secret_recovery_days <= 30
    error_message = "AWS allows 7 to 30 days."
  }
}
