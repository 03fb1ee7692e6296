# Images.

module "ecr" {
  source = "../../../modules/ecr"

  name          = local.name
  region        = var.region
  owns_registry = var.owns_account
}

output "ecr" {
  description = "Everything that the module ecr gives; later stacks read it."
  value       = module.ecr
}
