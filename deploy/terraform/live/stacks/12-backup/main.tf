# Copies that outlive a mistake.

data "terraform_remote_state" "rds" {
  backend = "s3"
  config  = merge({ bucket = var.state_bucket, key = "06-rds/terraform.tfstate", region = var.region }, var.state_options)
}

module "backup" {
  source = "../../../modules/backup"

  name             = local.name
  environment      = var.environment
  region           = var.region
  daily_days       = var.daily_days
  copy_region      = var.copy_region
  rds_arn          = data.terraform_remote_state.rds.outputs.rds.arn
  rds_subnet_group = local.name
}

output "backup" {
  description = "Everything that the module backup gives; later stacks read it."
  value       = module.backup
}
