# PostgreSQL: encrypted, TLS only, IAM tokens for the services; the master's password is RDS's own secret, never ours.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  major = split(".", var.engine_version)[0]
}

module "key" {
  source = "../kms-key"

  name        = "${var.name}/rds"
  description = "PostgreSQL of ${var.name}, its master secret and its insights"
  region      = var.region
}

module "log_key" {
  source = "../kms-key"

  name        = "${var.name}/rds-logs"
  description = "Logs of PostgreSQL of ${var.name}"
  region      = var.region
  for_logs    = true
}

resource "aws_db_subnet_group" "this" {
  name       = var.name
  subnet_ids = var.subnet_ids
}

resource "aws_db_parameter_group" "this" {
  name_prefix = "${var.name}-pg${local.major}-"
  family      = "postgres${local.major}"

  dynamic "parameter" {
    for_each = {
      "rds.force_ssl"                       = { value = "1", apply = "immediate" }
      "log_min_duration_statement"          = { value = "500", apply = "immediate" }
      "log_lock_waits"                      = { value = "1", apply = "immediate" }
      "log_statement"                       = { value = "ddl", apply = "immediate" }
      "idle_in_transaction_session_timeout" = { value = "60000", apply = "immediate" }
      "shared_preload_libraries"            = { value = "pg_stat_statements", apply = "pending-reboot" }
    }

    content {
      name         = parameter.key
      value        = parameter.value.value
      apply_method = parameter.value.apply
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudwatch_log_group" "this" {
  for_each = toset(["postgresql", "upgrade"])

  name              = "/aws/rds/instance/${var.name}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = module.log_key.arn
}

resource "aws_iam_role" "monitoring" {
  name = "${var.name}-rds-monitoring"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "monitoring.rds.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "monitoring" {
  role       = aws_iam_role.monitoring.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}

resource "aws_db_instance" "this" {
  identifier     = var.name
  engine         = "postgres"
  engine_version = var.engine_version
  instance_class = var.instance_class
  db_name        = "farol"
  port           = 5432

  storage_type          = "gp3"
  allocated_storage     = var.storage_gib
  max_allocated_storage = var.storage_max_gib
  storage_encrypted     = true
  kms_key_id            = module.key.arn

  username                            = "farol_master"
  manage_master_user_password         = true
  master_user_secret_kms_key_id       = module.key.arn
  iam_database_authentication_enabled = true
  ca_cert_identifier                  = "rds-ca-rsa2048-g1"

  multi_az               = var.multi_az
  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [var.security_group_id]
  publicly_accessible    = false
  parameter_group_name   = aws_db_parameter_group.this.name

  backup_retention_period   = var.backup_retention_days
  backup_window             = "06:00-07:00"
  maintenance_window        = "sun:07:30-sun:08:30"
  copy_tags_to_snapshot     = true
  delete_automated_backups  = false
  deletion_protection       = var.deletion_protection
  skip_final_snapshot       = false
  final_snapshot_identifier = "${var.name}-final"

  auto_minor_version_upgrade  = true
  allow_major_version_upgrade = false
  apply_immediately           = false

  enabled_cloudwatch_logs_exports       = ["postgresql", "upgrade"]
  monitoring_interval                   = 60
  monitoring_role_arn                   = aws_iam_role.monitoring.arn
  performance_insights_enabled          = true
  performance_insights_kms_key_id       = module.key.arn
  performance_insights_retention_period = var.insights_retention_days
  database_insights_mode                = var.insights_retention_days >= 465 ? "advanced" : "standard"

  # AWS Backup selects by this tag.
  tags = { "farol:backup" = "daily" }

  depends_on = [aws_cloudwatch_log_group.this, aws_iam_role_policy_attachment.monitoring]
}

# A service connects with a token as the PostgreSQL role of its name, on this instance and no other.
resource "aws_iam_role_policy" "connect" {
  for_each = var.connect

  name = "connect-postgresql"
  role = each.value.role_name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Action = "rds-db:connect"
      Resource = join(":", [
        "arn", data.aws_partition.current.partition, "rds-db", var.region, data.aws_caller_identity.current.account_id,
        "dbuser", "${aws_db_instance.this.resource_id}/${each.value.user}",
      ])
    }]
  })
}

# The migration job makes the services' roles, so it signs in as the master once: it alone reads that secret.
resource "aws_iam_role_policy" "master_secret" {
  for_each = toset(var.master_secret_readers)

  name = "read-postgresql-master"
  role = each.key

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = aws_db_instance.this.master_user_secret[0].secret_arn },
      { Effect = "Allow", Action = "kms:Decrypt", Resource = module.key.arn },
    ]
  })
}
