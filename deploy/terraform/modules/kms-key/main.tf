# One key of ours with rotation, for one purpose; the account's IAM decides who uses it, services only where they are named.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  account_root = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root"

  owner = {
    Sid       = "Account"
    Effect    = "Allow"
    Principal = { AWS = local.account_root }
    Action    = "kms:*"
    Resource  = "*"
  }

  services = {
    Sid       = "Services"
    Effect    = "Allow"
    Principal = { Service = var.services }
    Action    = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
    Resource  = "*"
    # A service acts for this account only; the other half of the confused deputy is shut.
    Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
  }

  # CloudWatch Logs says which group it encrypts for, and no source account.
  logs = {
    Sid       = "Logs"
    Effect    = "Allow"
    Principal = { Service = "logs.${var.region}.${data.aws_partition.current.dns_suffix}" }
    Action    = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
    Resource  = "*"
    Condition = {
      ArnLike = {
        "kms:EncryptionContext:aws:logs:arn" = join(":", [
          "arn", data.aws_partition.current.partition, "logs", var.region, data.aws_caller_identity.current.account_id, "*",
        ])
      }
    }
  }

  # Volumes of nodes are opened by the role that Auto Scaling made for itself.
  volumes = {
    Sid       = "NodeVolumes"
    Effect    = "Allow"
    Principal = { AWS = "${trimsuffix(local.account_root, ":root")}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling" }
    Action    = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey", "kms:CreateGrant"]
    Resource  = "*"
  }
}

resource "aws_kms_key" "this" {
  description             = var.description
  enable_key_rotation     = true
  deletion_window_in_days = var.deletion_window_days

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [local.owner],
      length(var.services) > 0 ? [local.services] : [],
      var.for_logs ? [local.logs] : [],
      var.for_node_volumes ? [local.volumes] : [],
    )
  })
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this.key_id
}
