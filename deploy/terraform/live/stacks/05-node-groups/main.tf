# Nodes, and the add-ons that run on them.

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

data "terraform_remote_state" "eks" {
  backend = "s3"
  config  = merge({ bucket = var.state_bucket, key = "04-eks/terraform.tfstate", region = var.region }, var.state_options)
}

module "node_groups" {
  source = "../../../modules/node-groups"

  name                   = local.name
  region                 = var.region
  cluster_name           = data.terraform_remote_state.eks.outputs.eks.name
  kubernetes_version     = data.terraform_remote_state.eks.outputs.eks.version
  node_role_arn          = data.terraform_remote_state.iam.outputs.iam.node_role_arn
  subnet_ids             = data.terraform_remote_state.vpc.outputs.vpc.private_subnet_ids
  node_security_group_id = data.terraform_remote_state.security_groups.outputs.security_groups.ids["nodes"]
  ebs_csi_role           = data.terraform_remote_state.iam.outputs.iam.pod_roles["ebs-csi"]
  groups                 = var.groups
}

output "node_groups" {
  description = "Everything that the module node-groups gives; later stacks read it."
  value       = module.node_groups
}
