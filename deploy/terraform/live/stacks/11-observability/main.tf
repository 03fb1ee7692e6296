# Alarms, trail, intruders, budget.

data "terraform_remote_state" "remote_state" {
  backend = "s3"
  config  = merge({ bucket = var.state_bucket, key = "00-remote-state/terraform.tfstate", region = var.region }, var.state_options)
}

data "terraform_remote_state" "rds" {
  backend = "s3"
  config  = merge({ bucket = var.state_bucket, key = "06-rds/terraform.tfstate", region = var.region }, var.state_options)
}

data "terraform_remote_state" "kafka" {
  backend = "s3"
  config  = merge({ bucket = var.state_bucket, key = "07-kafka/terraform.tfstate", region = var.region }, var.state_options)
}

data "terraform_remote_state" "redis" {
  backend = "s3"
  config  = merge({ bucket = var.state_bucket, key = "08-redis/terraform.tfstate", region = var.region }, var.state_options)
}

data "terraform_remote_state" "opensearch" {
  backend = "s3"
  config  = merge({ bucket = var.state_bucket, key = "09-opensearch/terraform.tfstate", region = var.region }, var.state_options)
}

module "observability" {
  source = "../../../modules/observability"

  name               = local.name
  environment        = var.environment
  region             = var.region
  owns_account       = var.owns_account
  state_bucket_arn   = data.terraform_remote_state.remote_state.outputs.remote_state.bucket_arn
  alarm_emails       = var.alarm_emails
  monthly_budget_usd = var.monthly_budget_usd
  rds_identifier     = data.terraform_remote_state.rds.outputs.rds.identifier
  rds_storage_gib    = var.rds_storage_gib
  kafka_name         = data.terraform_remote_state.kafka.outputs.kafka.name
  redis_id           = data.terraform_remote_state.redis.outputs.redis.id
  opensearch_domain  = data.terraform_remote_state.opensearch.outputs.opensearch.domain_name
  log_retention_days = var.log_retention_days
}

output "observability" {
  description = "Everything that the module observability gives; later stacks read it."
  value       = module.observability
}
