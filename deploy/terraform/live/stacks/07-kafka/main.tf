# Kafka and its topic.

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

module "kafka" {
  source = "../../../modules/msk"

  name               = local.name
  region             = var.region
  subnet_ids         = data.terraform_remote_state.vpc.outputs.vpc.data_subnet_ids
  security_group_id  = data.terraform_remote_state.security_groups.outputs.security_groups.ids["kafka"]
  kafka_version      = var.kafka_version
  instance_type      = var.instance_type
  brokers            = var.brokers
  storage_gib        = var.storage_gib
  log_retention_days = var.log_retention_days
  scram_users        = var.scram_users
  scram_passwords    = var.scram_passwords

  topics = { "farol.events" = { partitions = var.partitions } }

  # The gateway writes; it reads the topic's settings before it is ready. The worker reads, as a member of its group.
  clients = {
    farol-gateway = {
      role_name = data.terraform_remote_state.iam.outputs.iam.pod_roles["farol-gateway"].name
      writes    = ["farol.events"]
    }
    farol-worker = {
      role_name = data.terraform_remote_state.iam.outputs.iam.pod_roles["farol-worker"].name
      reads     = ["farol.events"]
      groups    = ["farol-worker"]
    }
  }
}

output "kafka" {
  description = "Everything that the module msk gives; later stacks read it."
  value       = module.kafka
}
