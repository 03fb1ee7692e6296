# Logs (Fluent Bit) and traces (Jaeger) in one domain within the network; who may what is decided by its fine-grained access control.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  # A domain's name: lower-case letters, digits and -, 3 to 28 characters, a letter first.
  dashed      = replace(lower(var.name), "/[^a-z0-9-]+/", "-")
  sanitised   = trimsuffix(substr(replace(local.dashed, "/^[^a-z]+/", ""), 0, 28), "-")
  domain_arn  = "arn:${data.aws_partition.current.partition}:es:${var.region}:${data.aws_caller_identity.current.account_id}:domain/${local.sanitised}"
  zones       = min(length(var.subnet_ids), var.data_nodes, 3)
  log_types   = { audit = "AUDIT_LOGS", index-slow = "INDEX_SLOW_LOGS", search-slow = "SEARCH_SLOW_LOGS", application = "ES_APPLICATION_LOGS" }
  log_service = "es.${data.aws_partition.current.dns_suffix}"
}

module "key" {
  source = "../kms-key"

  name        = "${local.sanitised}/opensearch"
  description = "OpenSearch of ${var.name}"
  region      = var.region
}

module "log_key" {
  source = "../kms-key"

  name        = "${local.sanitised}/opensearch-logs"
  description = "OpenSearch's own logs of ${var.name}"
  region      = var.region
  for_logs    = true
}

resource "aws_cloudwatch_log_group" "this" {
  for_each = local.log_types

  name              = "/aws/opensearch/${local.sanitised}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = module.log_key.arn
}

resource "aws_cloudwatch_log_resource_policy" "this" {
  policy_name = "${local.sanitised}-opensearch"

  policy_document = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = local.log_service }
      Action    = ["logs:PutLogEvents", "logs:CreateLogStream"]
      Resource  = [for group in aws_cloudwatch_log_group.this : "${group.arn}:*"]
      Condition = {
        StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
        ArnEquals    = { "aws:SourceArn" = local.domain_arn }
      }
    }]
  })
}

# The master of the domain is a role that people take for role mappings and index policies; no password exists.
resource "aws_iam_role" "master" {
  name = "${local.sanitised}-opensearch-master"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root" }
      Action    = "sts:AssumeRole"
      Condition = { Bool = { "aws:MultiFactorAuthPresent" = "true" } }
    }]
  })
}

resource "aws_opensearch_domain" "this" {
  # checkov:skip=CKV_AWS_317:audit logs are published by the dynamic block below, which checkov does not unfold (a test does)
  # checkov:skip=CKV_AWS_318:three dedicated masters are on where the environment asks for them (prod); dev has none by price
  # checkov:skip=CKV2_AWS_59:see above
  domain_name     = local.sanitised
  engine_version  = "OpenSearch_${var.engine_version}"
  ip_address_type = "ipv4"

  cluster_config {
    instance_type            = var.instance_type
    instance_count           = var.data_nodes
    dedicated_master_enabled = var.master_type != null
    dedicated_master_type    = var.master_type
    dedicated_master_count   = var.master_type != null ? 3 : null
    zone_awareness_enabled   = local.zones > 1

    # A block that is not needed gives a difference on every plan.
    dynamic "zone_awareness_config" {
      for_each = local.zones > 1 ? [local.zones] : []

      content {
        availability_zone_count = zone_awareness_config.value
      }
    }
  }

  ebs_options {
    ebs_enabled = true
    volume_type = "gp3"
    volume_size = var.storage_gib
  }

  vpc_options {
    subnet_ids         = slice(var.subnet_ids, 0, local.zones)
    security_group_ids = [var.security_group_id]
  }

  encrypt_at_rest {
    enabled    = true
    kms_key_id = module.key.arn
  }

  node_to_node_encryption {
    enabled = true
  }

  domain_endpoint_options {
    enforce_https       = true
    tls_security_policy = "Policy-Min-TLS-1-2-PFS-2023-10"
  }

  advanced_security_options {
    enabled                        = true
    internal_user_database_enabled = false

    master_user_options {
      master_user_arn = aws_iam_role.master.arn
    }
  }

  dynamic "log_publishing_options" {
    for_each = local.log_types

    content {
      cloudwatch_log_group_arn = aws_cloudwatch_log_group.this[log_publishing_options.key].arn
      log_type                 = log_publishing_options.value
    }
  }

  software_update_options {
    auto_software_update_enabled = true
  }

  off_peak_window_options {
    enabled = true
  }

  depends_on = [aws_cloudwatch_log_resource_policy.this]
}

# First gate: only these roles of this account reach the domain at all. The second is its role mapping (see README of deploy/terraform).
resource "aws_opensearch_domain_policy" "this" {
  domain_name = aws_opensearch_domain.this.domain_name

  access_policies = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = concat([aws_iam_role.master.arn], [for writer in values(var.writers) : writer.role_arn]) }
      Action    = "es:ESHttp*"
      Resource  = "${local.domain_arn}/*"
    }]
  })
}

resource "aws_iam_role_policy" "writer" {
  for_each = var.writers

  name = "opensearch"
  role = each.value.role_name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["es:ESHttpGet", "es:ESHttpHead", "es:ESHttpPost", "es:ESHttpPut"]
      Resource = "${local.domain_arn}/*"
    }]
  })
}
