# Control plane and what nodes need before they join.

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

module "eks" {
  source = "../../../modules/eks"

  name                            = local.name
  region                          = var.region
  kubernetes_version              = var.kubernetes_version
  cluster_role_arn                = data.terraform_remote_state.iam.outputs.iam.cluster_role_arn
  subnet_ids                      = data.terraform_remote_state.vpc.outputs.vpc.private_subnet_ids
  control_plane_security_group_id = data.terraform_remote_state.security_groups.outputs.security_groups.ids["control-plane"]
  public_access_cidrs             = var.public_access_cidrs
  access                          = var.access
  pod_roles                       = data.terraform_remote_state.iam.outputs.iam.pod_roles
  deletion_protection             = var.deletion_protection
  log_retention_days              = var.log_retention_days
}

output "eks" {
  description = "Everything that the module eks gives; later stacks read it."
  value       = module.eks
}
