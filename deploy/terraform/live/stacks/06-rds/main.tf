# PostgreSQL.

data "terraform_remote_state" "vpc" {
  backend = "s3"
  config  = merge({ bucket = var.state_bucket, key = "01-vpc/terraform.tfstate", region = var.region }, var.state_options)
}

data "terraform_remote_state" "security_groups" {
  backend = "s3"
  config  = merge({ bucket = var.state_bucket, key = "02-security-groups/terraform.tfstate", region = var.region }, var.state_options)
}

data "terraform_remote_state" "iam" {
  backend = "s3"
  config  = merge({ bucket = var.state_bucket, key = "03-iam/terraform.tfstate", region = var.region }, var.state_options)
}

module "rds" {
  source = "../../../modules/rds"

  name                  = local.name
  region                = var.region
  subnet_ids            = data.terraform_remote_state.vpc.outputs.vpc.data_subnet_ids
  security_group_id     = data.terraform_remote_state.security_groups.outputs.security_groups.ids["rds"]
  engine_version        = var.engine_version
  instance_class        = var.instance_class
  storage_gib           = var.storage_gib
  storage_max_gib       = var.storage_max_gib
  multi_az              = var.multi_az
  backup_retention_days = var.backup_retention_days
  deletion_protection   = var.deletion_protection
  log_retention_days    = var.log_retention_days

  connect = {
    for program, user in { farol-gateway = "farol_gateway", farol-worker = "farol_worker", farol-migrate = "farol_migrate" } :
    program => { role_name = data.terraform_remote_state.iam.outputs.iam.pod_roles[program].name, user = user }
  }
  master_secret_readers = [data.terraform_remote_state.iam.outputs.iam.pod_roles["farol-migrate"].name]
}

output "rds" {
  description = "Everything that the module rds gives; later stacks read it."
  value       = module.rds
}
