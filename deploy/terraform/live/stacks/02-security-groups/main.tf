# Who may speak to whom.

data "terraform_remote_state" "vpc" {
  backend = "s3"
  config  = merge({ bucket = var.state_bucket, key = "01-vpc/terraform.tfstate", region = var.region }, var.state_options)
}

module "security_groups" {
  source = "../../../modules/security-groups"

  name         = local.name
  vpc_id       = data.terraform_remote_state.vpc.outputs.vpc.vpc_id
  client_cidrs = var.client_cidrs
  kafka_ports  = var.kafka_ports
}

output "security_groups" {
  description = "Everything that the module security-groups gives; later stacks read it."
  value       = module.security_groups
}
