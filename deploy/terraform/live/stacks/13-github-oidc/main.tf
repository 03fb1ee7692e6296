# CI without stored keys.

data "terraform_remote_state" "remote_state" {
  backend = "s3"
  config  = merge({ bucket = var.state_bucket, key = "00-remote-state/terraform.tfstate", region = var.region }, var.state_options)
}

data "terraform_remote_state" "ecr" {
  backend = "s3"
  config  = merge({ bucket = var.state_bucket, key = "10-ecr/terraform.tfstate", region = var.region }, var.state_options)
}

module "github_oidc" {
  source = "../../../modules/github-oidc"

  name             = local.name
  environment      = var.environment
  owns_account     = var.owns_account
  repositories     = var.repositories
  state_statements = data.terraform_remote_state.remote_state.outputs.remote_state.statements
  repository_arns  = values(data.terraform_remote_state.ecr.outputs.ecr.repository_arns)
}

output "github_oidc" {
  description = "Everything that the module github-oidc gives; later stacks read it."
  value       = module.github_oidc
}
