mock_provider "aws" {
  source = "../mocks"
}

variables {
  name               = "farol-test"
  environment        = "test"
  region             = "us-east-2"
  state_bucket_arn   = "arn:aws:s3:::state"
  monthly_budget_usd = 600
  alarm_emails       = ["ops@example.com"]
  rds_identifier     = "farol-test"
  rds_storage_gib    = 20
  kafka_name         = "farol-test"
  redis_id           = "farol-test"
  opensearch_domain  = "farol-test"
}

run "every_managed_part_has_an_alarm_and_silence_is_one_too" {
  assert {
    condition     = toset([for a in aws_cloudwatch_metric_alarm.this : a.namespace]) == toset(["AWS/RDS", "AWS/Kafka", "AWS/ElastiCache", "AWS/ES"])
    error_message = "a part has no alarm"
  }
  assert {
    condition     = alltrue([for a in aws_cloudwatch_metric_alarm.this : a.treat_missing_data == "breaching" && length(a.alarm_actions) == 1])
    error_message = "an alarm is deaf or dumb"
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["rds-storage"].threshold == 2147483648 && aws_cloudwatch_metric_alarm.this["rds-storage"].comparison_operator == "LessThanThreshold"
    error_message = "storage alarms at ${aws_cloudwatch_metric_alarm.this["rds-storage"].threshold}"
  }
}

run "alarms_and_money_reach_people" {
  assert {
    condition     = aws_sns_topic.alarms.kms_master_key_id == module.key.arn && keys(aws_sns_topic_subscription.email) == ["ops@example.com"]
    error_message = "alarms reach nobody, or in the clear"
  }
  assert {
    condition     = aws_budgets_budget.monthly.limit_amount == "600" && length(aws_budgets_budget.monthly.notification) == 2
    error_message = "the budget warns nobody"
  }
  assert {
    condition     = alltrue([for filter in aws_budgets_budget.monthly.cost_filter : filter.values == tolist(["user:farol:environment$test"])])
    error_message = "the budget counts something else"
  }
}

run "what_an_account_has_once_is_left_to_its_owner" {
  variables {
    owns_account = false
  }
  assert {
    condition     = length(module.account) == 0
    error_message = "two environments would own the account"
  }
}

run "one_environment_owns_the_account" {
  assert {
    condition     = length(module.account) == 1
    error_message = "nobody owns the account"
  }
}
