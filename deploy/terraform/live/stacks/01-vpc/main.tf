# Network.

module "vpc" {
  source = "../../../modules/vpc"

  name                = local.name
  region              = var.region
  cidr                = var.cidr
  azs                 = var.azs
  single_nat_gateway  = var.single_nat_gateway
  interface_endpoints = var.interface_endpoints
  log_retention_days  = var.log_retention_days
}

output "vpc" {
  description = "Everything that the module vpc gives; later stacks read it."
  value       = module.vpc
}
