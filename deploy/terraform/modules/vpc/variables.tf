variable "name" {
  description = "Prefix of all names, e.g. `farol-dev`."
  type        = string
}

variable "region" {
  description = "Region of the network."
  type        = string
}

variable "cidr" {
  description = "Address range; a /16, since it is cut into /20 and /24."
  type        = string
  default     = "10.100.0.0/16"

  validation {
    condition     = can(cidrnetmask(var.cidr)) && endswith(var.cidr, "/16")
    error_message = "An IPv4 range that ends in /16."
  }
}

variable "azs" {
  description = "Availability zones, two to six; three so that Kafka keeps a quorum without one of them."
  type        = list(string)

  validation {
    condition     = length(var.azs) >= 2 && length(var.azs) <= 6 && length(distinct(var.azs)) == length(var.azs)
    error_message = "Two to six different zones."
  }
}

variable "single_nat_gateway" {
  description = "One NAT gateway for all zones (cheap) instead of one in each."
  type        = bool
  default     = false
}

variable "log_retention_days" {
  description = "How long flow logs are kept."
  type        = number
  default     = 365

  validation {
    condition     = contains([7, 14, 30, 60, 90, 180, 365, 731], var.log_retention_days)
    error_message = "One of CloudWatch's steps: 7, 14, 30, 60, 90, 180, 365, 731."
  }
}

variable "interface_endpoints" {
  description = "AWS services with an address in the network (each costs per zone and hour); S3 has a free one anyway."
  type        = set(string)
  default     = ["ecr.api", "ecr.dkr", "eks-auth", "kms", "logs", "secretsmanager", "sts"]
}
