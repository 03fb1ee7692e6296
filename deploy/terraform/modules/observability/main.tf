# What AWS itself tells: alarms of the managed parts, who did what (CloudTrail), what looks like an intruder (GuardDuty), what it
# costs. Prometheus, Grafana and Jaeger run in the cluster and are not here.

data "aws_caller_identity" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id

  # Alarms on what the cluster's own Prometheus cannot see or could be down for. metric: namespace, name, dimensions.
  alarms = {
    rds-storage = {
      about = "PostgreSQL has less than 10 % of its first disk left", namespace = "AWS/RDS", metric = "FreeStorageSpace", statistic = "Minimum"
      below = true, threshold = var.rds_storage_gib * 107374182.4, dimensions = { DBInstanceIdentifier = var.rds_identifier }
    }
    rds-cpu = {
      about = "PostgreSQL's CPU is above 80 %", namespace = "AWS/RDS", metric = "CPUUtilization", statistic = "Average"
      below = false, threshold = 80, dimensions = { DBInstanceIdentifier = var.rds_identifier }
    }
    kafka-offline = {
      about = "Partitions without a leader: nothing is accepted for them", namespace = "AWS/Kafka", metric = "OfflinePartitionsCount", statistic = "Maximum"
      below = false, threshold = 0, dimensions = { "Cluster Name" = var.kafka_name }
    }
    kafka-controller = {
      about = "Not exactly one active controller", namespace = "AWS/Kafka", metric = "ActiveControllerCount", statistic = "Average"
      below = true, threshold = 0.2, dimensions = { "Cluster Name" = var.kafka_name }
    }
    redis-evictions = {
      about = "Valkey throws out what should have lasted: it is too small", namespace = "AWS/ElastiCache", metric = "Evictions", statistic = "Sum"
      below = false, threshold = 1000, dimensions = { CacheClusterId = "${var.redis_id}-001" }
    }
    opensearch-red = {
      about = "OpenSearch lost a primary shard", namespace = "AWS/ES", metric = "ClusterStatus.red", statistic = "Maximum"
      below = false, threshold = 0, dimensions = { DomainName = var.opensearch_domain, ClientId = local.account }
    }
    opensearch-storage = {
      about = "OpenSearch has less than 2 GiB left on a node", namespace = "AWS/ES", metric = "FreeStorageSpace", statistic = "Minimum"
      below = true, threshold = 2048, dimensions = { DomainName = var.opensearch_domain, ClientId = local.account }
    }
  }
}

module "key" {
  source = "../kms-key"

  name        = "${var.name}/observability"
  description = "Alarms, trail and its logs of ${var.name}"
  region      = var.region
  for_logs    = true
  services    = ["sns.amazonaws.com", "cloudwatch.amazonaws.com", "cloudtrail.amazonaws.com", "budgets.amazonaws.com"]
}

resource "aws_sns_topic" "alarms" {
  name              = "${var.name}-alarms"
  kms_master_key_id = module.key.arn
}

resource "aws_sns_topic_policy" "alarms" {
  arn = aws_sns_topic.alarms.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = ["cloudwatch.amazonaws.com", "budgets.amazonaws.com"] }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.alarms.arn
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

resource "aws_sns_topic_subscription" "email" {
  for_each = var.alarm_emails

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.key
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.about
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  comparison_operator = each.value.below ? "LessThanThreshold" : "GreaterThanThreshold"
  threshold           = each.value.threshold
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 5
  # A part that says nothing is not a part that is well.
  treat_missing_data = "breaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

resource "aws_budgets_budget" "monthly" {
  name         = "${var.name}-monthly"
  budget_type  = "COST"
  limit_amount = tostring(var.monthly_budget_usd)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  cost_filter {
    name   = "TagKeyValue"
    values = [format("user:farol:environment$%s", var.environment)]
  }

  dynamic "notification" {
    for_each = { ACTUAL = 80, FORECASTED = 100 }

    content {
      comparison_operator       = "GREATER_THAN"
      notification_type         = notification.key
      threshold                 = notification.value
      threshold_type            = "PERCENTAGE"
      subscriber_sns_topic_arns = [aws_sns_topic.alarms.arn]
    }
  }
}

# One detector and one trail per account and region: where environments share an account, one of them owns these.
module "account" {
  source = "../account-guard"
  count  = var.owns_account ? 1 : 0

  name               = var.name
  region             = var.region
  kms_key_arn        = module.key.arn
  state_bucket_arn   = var.state_bucket_arn
  log_retention_days = var.log_retention_days
}
