# Valkey.

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

module "redis" {
  source = "../../../modules/elasticache"

  name               = local.name
  region             = var.region
  subnet_ids         = data.terraform_remote_state.vpc.outputs.vpc.data_subnet_ids
  security_group_id  = data.terraform_remote_state.security_groups.outputs.security_groups.ids["redis"]
  engine_version     = var.engine_version
  node_type          = var.node_type
  nodes              = var.nodes
  snapshot_days      = var.nodes > 1 ? 1 : 0
  log_retention_days = var.log_retention_days
  passwords          = var.passwords

  users = {
    gateway = { role_name = data.terraform_remote_state.iam.outputs.iam.pod_roles["farol-gateway"].name, keys = "farol:*", password = true }
  }
}

output "redis" {
  description = "Everything that the module elasticache gives; later stacks read it."
  value       = module.redis
}
