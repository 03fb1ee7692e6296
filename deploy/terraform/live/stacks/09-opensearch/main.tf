# Logs and traces.

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

module "opensearch" {
  source = "../../../modules/opensearch"

  name               = local.name
  region             = var.region
  subnet_ids         = data.terraform_remote_state.vpc.outputs.vpc.data_subnet_ids
  security_group_id  = data.terraform_remote_state.security_groups.outputs.security_groups.ids["opensearch"]
  engine_version     = var.engine_version
  instance_type      = var.instance_type
  data_nodes         = var.data_nodes
  master_type        = var.master_type
  storage_gib        = var.storage_gib
  log_retention_days = var.log_retention_days

  writers = {
    for name in ["fluent-bit", "jaeger"] : name => {
      role_name = data.terraform_remote_state.iam.outputs.iam.pod_roles[name].name
      role_arn  = data.terraform_remote_state.iam.outputs.iam.pod_roles[name].arn
    }
  }
}

output "opensearch" {
  description = "Everything that the module opensearch gives; later stacks read it."
  value       = module.opensearch
}
