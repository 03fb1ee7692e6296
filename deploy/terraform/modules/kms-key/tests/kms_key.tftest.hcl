mock_provider "aws" {
  source = "../mocks"
}

variables {
  name        = "farol-test/rds"
  description = "for a test"
  region      = "us-east-2"
}

run "a_key_rotates_and_only_the_account_may_use_it" {
  assert {
    condition     = aws_kms_key.this.enable_key_rotation
    error_message = "the key does not rotate"
  }
  assert {
    condition     = [for s in jsondecode(output.policy).Statement : s.Sid] == ["Account"]
    error_message = "somebody else may use the key: ${output.policy}"
  }
  assert {
    condition     = aws_kms_alias.this.name == "alias/farol-test/rds"
    error_message = "the alias is ${aws_kms_alias.this.name}"
  }
}

run "logs_of_this_account_and_region_only" {
  variables {
    for_logs = true
    services = ["backup.amazonaws.com"]
  }
  assert {
    condition = [for s in jsondecode(output.policy).Statement : s if s.Sid == "Logs"][0].Condition.ArnLike == {
      "kms:EncryptionContext:aws:logs:arn" = "arn:aws:logs:us-east-2:123456789012:*"
    }
    error_message = "logs of other accounts could use the key"
  }
  assert {
    condition = alltrue([
      for s in jsondecode(output.policy).Statement : s.Condition.StringEquals["aws:SourceAccount"] == "123456789012" if s.Sid == "Services"
    ])
    error_message = "services may use the key for other accounts"
  }
}

run "a_name_of_aws_is_refused" {
  command = plan
  variables {
    name = "aws/rds"
  }
  expect_failures = [var.name]
}
