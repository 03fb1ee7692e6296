mock_provider "aws" {
  source = "../mocks"

  mock_resource "aws_backup_vault" {
    defaults = { arn = "arn:aws:backup:us-east-2:123456789012:backup-vault:mock" }
  }
}

variables {
  name             = "farol-test"
  environment      = "test"
  region           = "us-east-2"
  rds_arn          = "arn:aws:rds:us-east-2:123456789012:db:farol-test"
  rds_subnet_group = "farol-test"
}

run "daily_for_35_days_and_monthly_for_a_year_with_our_key" {
  assert {
    condition     = { for rule in aws_backup_plan.this.rule : rule.rule_name => rule.lifecycle[0].delete_after } == { daily = 35, monthly = 365 }
    error_message = "copies are kept otherwise"
  }
  assert {
    condition     = aws_backup_vault.this.kms_key_arn == module.key.arn && aws_backup_vault_lock_configuration.this.min_retention_days == 7
    error_message = "the vault has no key of ours, or no lock"
  }
}

run "only_what_is_tagged_in_this_environment" {
  assert {
    condition = toset([for condition in aws_backup_selection.tagged.condition : toset([for e in condition.string_equals : "${e.key}=${e.value}"])]) == toset([toset([
      "aws:ResourceTag/farol:backup=daily", "aws:ResourceTag/farol:environment=test",
    ])])
    error_message = "the selection takes something else"
  }
}

run "a_restore_of_the_database_is_tried" {
  assert {
    condition = (aws_backup_restore_testing_selection.rds.protected_resource_arns == toset(["arn:aws:rds:us-east-2:123456789012:db:farol-test"])
    && can(regex("^[a-zA-Z0-9_]+$", aws_backup_restore_testing_plan.this.name)))
    error_message = "no restore is tried"
  }
}

run "no_second_region_unless_named" {
  assert {
    condition     = length(aws_backup_vault.copy) == 0 && alltrue([for rule in aws_backup_plan.this.rule : length(rule.copy_action) == 0])
    error_message = "copies go somewhere"
  }
}

run "a_second_region_gets_every_copy" {
  variables {
    copy_region = "us-west-2"
  }
  assert {
    condition     = aws_backup_vault.copy[0].region == "us-west-2" && alltrue([for rule in aws_backup_plan.this.rule : length(rule.copy_action) == 1])
    error_message = "a rule makes no second copy"
  }
}

run "a_lock_that_cannot_be_lifted_is_asked_for_by_name" {
  variables {
    lock_for_ever = true
  }
  assert {
    condition     = aws_backup_vault_lock_configuration.this.changeable_for_days == 7
    error_message = "the lock can be lifted"
  }
}
