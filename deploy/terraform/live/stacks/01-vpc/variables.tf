variable "cidr" {
  description = "Address range. The seed had 10.100.0.0/16 for its one environment; here prod has it, and each environment its own, so that networks can be joined."
  type        = string
}

variable "azs" {
  description = "Zones. Three where the seed had two: three brokers keep a quorum when one zone is gone."
  type        = list(string)
  default     = ["us-east-2a", "us-east-2b", "us-east-2c"]
}

variable "single_nat_gateway" {
  description = "One NAT gateway for all zones."
  type        = bool
}

variable "interface_endpoints" {
  description = "AWS services with an address in the network."
  type        = set(string)
}
