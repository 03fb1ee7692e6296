mock_provider "aws" {
  source = "../mocks"

  mock_resource "aws_db_instance" {
    defaults = {
      resource_id        = "db-MOCK"
      master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:us-east-2:123456789012:secret:rds!db-mock", kms_key_id = "", secret_status = "active" }]
    }
  }
}

variables {
  name                  = "farol-test"
  region                = "us-east-2"
  instance_class        = "db.t4g.medium"
  subnet_ids            = ["subnet-a", "subnet-b"]
  security_group_id     = "sg-rds"
  connect               = { gateway = { role_name = "farol-test-farol-gateway", user = "farol_gateway" } }
  master_secret_readers = ["farol-test-farol-migrate"]
}

run "storage_secret_and_insights_are_encrypted_with_our_key" {
  assert {
    condition     = aws_db_instance.this.storage_encrypted && aws_db_instance.this.kms_key_id == module.key.arn
    error_message = "storage is not encrypted with our key"
  }
  assert {
    condition     = aws_db_instance.this.master_user_secret_kms_key_id == module.key.arn && aws_db_instance.this.performance_insights_kms_key_id == module.key.arn
    error_message = "the master's secret or insights have another key"
  }
}

run "tls_only_and_not_from_outside" {
  assert {
    condition     = [for p in aws_db_parameter_group.this.parameter : p.value if p.name == "rds.force_ssl"] == ["1"]
    error_message = "plain connections are taken"
  }
  assert {
    condition     = !aws_db_instance.this.publicly_accessible
    error_message = "the instance has a public address"
  }
}

run "no_password_is_ours" {
  assert {
    condition     = aws_db_instance.this.manage_master_user_password && aws_db_instance.this.password == null
    error_message = "a password would be in state"
  }
  assert {
    condition     = aws_db_instance.this.iam_database_authentication_enabled
    error_message = "services cannot use tokens"
  }
}

run "a_service_connects_as_its_own_role_on_this_instance_only" {
  assert {
    condition     = jsondecode(aws_iam_role_policy.connect["gateway"].policy).Statement[0].Resource == "arn:aws:rds-db:us-east-2:123456789012:dbuser:db-MOCK/farol_gateway"
    error_message = "the policy is ${aws_iam_role_policy.connect["gateway"].policy}"
  }
  assert {
    condition     = keys(aws_iam_role_policy.master_secret) == ["farol-test-farol-migrate"]
    error_message = "others than the migration read the master's password"
  }
}

run "data_survives_mistakes" {
  assert {
    condition     = aws_db_instance.this.deletion_protection && !aws_db_instance.this.skip_final_snapshot && aws_db_instance.this.backup_retention_period == 35
    error_message = "data could be lost by one command"
  }
  assert {
    condition     = aws_db_instance.this.multi_az && aws_db_instance.this.copy_tags_to_snapshot && aws_db_instance.this.tags["farol:backup"] == "daily"
    error_message = "no standby, or AWS Backup does not select it"
  }
}

run "the_family_follows_the_version" {
  variables {
    engine_version = "18"
  }
  assert {
    condition     = aws_db_parameter_group.this.family == "postgres18"
    error_message = "the family is ${aws_db_parameter_group.this.family}"
  }
}

run "a_class_too_small_is_refused" {
  command = plan
  variables {
    instance_class = "db.t3.micro"
  }
  expect_failures = [var.instance_class]
}

run "every_user_at_once_is_refused" {
  command = plan
  variables {
    connect = { all = { role_name = "r", user = "*" } }
  }
  expect_failures = [var.connect]
}
