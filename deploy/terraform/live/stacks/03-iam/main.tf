# Roles of cluster, nodes and service accounts; secrets that people fill.

module "iam" {
  source = "../../../modules/iam"

  name        = local.name
  environment = var.environment
  region      = var.region
  secrets     = merge(var.secrets, var.more_secrets)
}

output "iam" {
  description = "Everything that the module iam gives; later stacks read it."
  value       = module.iam
}
