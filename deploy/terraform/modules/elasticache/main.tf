# Valkey for rates, receipts and look-ups: TLS only, users instead of one password, a replica in another zone. Cluster mode is off,
# so that a plain client works; it may forget everything at any time, and nothing is lost by that.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

module "key" {
  source = "../kms-key"

  name        = "${var.name}/valkey"
  description = "Valkey of ${var.name}"
  region      = var.region
}

module "log_key" {
  source = "../kms-key"

  name        = "${var.name}/valkey-logs"
  description = "Logs of Valkey of ${var.name}"
  region      = var.region
  for_logs    = true
}

resource "aws_cloudwatch_log_group" "this" {
  for_each = toset(["slow-log", "engine-log"])

  name              = "/aws/elasticache/${var.name}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = module.log_key.arn
}

resource "aws_elasticache_subnet_group" "this" {
  name       = var.name
  subnet_ids = var.subnet_ids
}

resource "aws_elasticache_parameter_group" "this" {
  name        = "${var.name}-valkey${split(".", var.engine_version)[0]}"
  family      = "valkey${split(".", var.engine_version)[0]}"
  description = "An aid, never a guard: the soonest to expire goes first"

  # What matters longer is kept longer; a full store never refuses a write.
  parameter {
    name  = "maxmemory-policy"
    value = "volatile-ttl"
  }
}

# The user that every connection has without a name: it may nothing, and it cannot be left out of a group.
resource "aws_elasticache_user" "default" {
  user_id       = "${var.name}-default"
  user_name     = "default"
  engine        = "valkey"
  access_string = "off -@all"

  authentication_mode {
    type = "no-password-required"
  }
}

# Signs in with an IAM token, or with a password that is written and never kept in state; only the commands that the gateway and
# its scripts use, on Farol's keys.
resource "aws_elasticache_user" "service" {
  for_each = var.users

  # With IAM both must be the same.
  user_id       = "${var.name}-${each.key}"
  user_name     = "${var.name}-${each.key}"
  engine        = "valkey"
  access_string = "on ~${each.value.keys} resetchannels -@all +@read +@write +@connection +@scripting +time -@dangerous +info"

  passwords_wo         = each.value.password ? var.passwords[each.key] : null
  passwords_wo_version = each.value.password ? var.password_version : null

  dynamic "authentication_mode" {
    for_each = each.value.password ? [] : [1]

    content {
      type = "iam"
    }
  }
}

resource "aws_elasticache_user_group" "this" {
  user_group_id = var.name
  engine        = "valkey"
  user_ids      = concat([aws_elasticache_user.default.user_id], [for user in aws_elasticache_user.service : user.user_id])
}

resource "aws_elasticache_replication_group" "this" {
  # checkov:skip=CKV2_AWS_50:on wherever there are two nodes or more; checkov does not work the comparison out (tests do)
  # checkov:skip=CKV_AWS_31:AUTH is the one shared password; this store has users (user_group_ids), which AUTH excludes
  replication_group_id = var.name
  description          = "Rates, receipts and look-ups of ${var.name}"
  engine               = "valkey"
  engine_version       = var.engine_version
  node_type            = var.node_type
  port                 = 6379

  num_cache_clusters         = var.nodes
  automatic_failover_enabled = var.nodes > 1
  multi_az_enabled           = var.nodes > 1

  parameter_group_name = aws_elasticache_parameter_group.this.name
  subnet_group_name    = aws_elasticache_subnet_group.this.name
  security_group_ids   = [var.security_group_id]
  user_group_ids       = [aws_elasticache_user_group.this.user_group_id]

  # Written out: for Valkey the argument has to be stated.
  transit_encryption_enabled = true
  transit_encryption_mode    = "required"
  at_rest_encryption_enabled = true
  kms_key_id                 = module.key.arn

  snapshot_retention_limit   = var.snapshot_days
  snapshot_window            = "05:00-06:00"
  maintenance_window         = "sun:08:30-sun:09:30"
  auto_minor_version_upgrade = true
  apply_immediately          = false
  final_snapshot_identifier  = var.snapshot_days > 0 ? "${var.name}-final" : null

  dynamic "log_delivery_configuration" {
    for_each = aws_cloudwatch_log_group.this

    content {
      destination      = log_delivery_configuration.value.name
      destination_type = "cloudwatch-logs"
      log_format       = "json"
      log_type         = log_delivery_configuration.key
    }
  }
}

resource "aws_iam_role_policy" "connect" {
  for_each = { for name, user in var.users : name => user if !user.password }

  name = "connect-valkey"
  role = each.value.role_name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "elasticache:Connect"
      Resource = [aws_elasticache_replication_group.this.arn, aws_elasticache_user.service[each.key].arn]
    }]
  })
}
