# Copies that outlive a mistake: a vault of its own with a lock, daily and monthly, a copy in another region, and a restore that is
# really tried every week. Kafka, Valkey and OpenSearch are not in AWS Backup's list: replication and their own snapshots do there.

data "aws_partition" "current" {}

module "key" {
  source = "../kms-key"

  name        = "${var.name}/backup"
  description = "Backups of ${var.name}"
  region      = var.region
  services    = ["backup.amazonaws.com"]
}

resource "aws_backup_vault" "this" {
  name        = var.name
  kms_key_arn = module.key.arn
}

# Nobody shortens or deletes what is younger than this; without `changeable_for_days` an administrator can still lift the lock.
resource "aws_backup_vault_lock_configuration" "this" {
  backup_vault_name   = aws_backup_vault.this.name
  min_retention_days  = 7
  max_retention_days  = 400
  changeable_for_days = var.lock_for_ever ? 7 : null
}

resource "aws_backup_vault" "copy" {
  count = var.copy_region != null ? 1 : 0

  # checkov:skip=CKV_AWS_166:a key is of one region; this vault has the one of its own region (copy_kms_key_arn) or AWS's there
  region      = var.copy_region
  name        = "${var.name}-copy"
  kms_key_arn = var.copy_kms_key_arn
}

resource "aws_iam_role" "this" {
  name = "${var.name}-backup"

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "backup.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each = toset(["AWSBackupServiceRolePolicyForBackup", "AWSBackupServiceRolePolicyForRestores"])

  role       = aws_iam_role.this.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/${each.key}"
}

resource "aws_backup_plan" "this" {
  name = var.name

  dynamic "rule" {
    for_each = {
      daily   = { schedule = "cron(0 4 * * ? *)", days = var.daily_days }
      monthly = { schedule = "cron(0 5 1 * ? *)", days = 365 }
    }

    content {
      rule_name         = rule.key
      target_vault_name = aws_backup_vault.this.name
      schedule          = rule.value.schedule
      start_window      = 60
      completion_window = 360

      lifecycle {
        delete_after = rule.value.days
      }

      dynamic "copy_action" {
        for_each = aws_backup_vault.copy

        content {
          destination_vault_arn = copy_action.value.arn

          lifecycle {
            delete_after = rule.value.days
          }
        }
      }
    }
  }
}

resource "aws_backup_selection" "tagged" {
  name         = "${var.name}-tagged"
  plan_id      = aws_backup_plan.this.id
  iam_role_arn = aws_iam_role.this.arn
  resources    = ["*"]

  condition {
    string_equals {
      key   = "aws:ResourceTag/farol:backup"
      value = "daily"
    }

    string_equals {
      key   = "aws:ResourceTag/farol:environment"
      value = var.environment
    }
  }
}

resource "aws_backup_restore_testing_plan" "this" {
  # Letters, digits and _ only.
  name                = "${replace(var.name, "-", "_")}_weekly"
  schedule_expression = "cron(0 10 ? * SUN *)"
  start_window_hours  = 4

  recovery_point_selection {
    algorithm             = "LATEST_WITHIN_WINDOW"
    include_vaults        = [aws_backup_vault.this.arn]
    recovery_point_types  = ["SNAPSHOT"]
    selection_window_days = 7
  }
}

resource "aws_backup_restore_testing_selection" "rds" {
  name                      = "${replace(var.name, "-", "_")}_rds"
  restore_testing_plan_name = aws_backup_restore_testing_plan.this.name
  iam_role_arn              = aws_iam_role.this.arn
  protected_resource_type   = "RDS"
  protected_resource_arns   = [var.rds_arn]
  # The restored instance stays this long, so that somebody or something can look into it.
  validation_window_hours = 4

  restore_metadata_overrides = {
    dbSubnetGroupName = var.rds_subnet_group
    multiAz           = "false"
  }
}
