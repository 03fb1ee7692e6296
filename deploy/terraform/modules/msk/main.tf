# Kafka: KRaft, TLS with IAM as the way in (SCRAM logins only where they are named), topics as code, and for each service the
# actions it needs on its topic and group.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  express = startswith(var.instance_type, "express.")

  # arn:aws:kafka:<region>:<account>:cluster/<name>/<uuid> -> the same place of topics, groups and transactional ids.
  topic_prefix = replace(aws_msk_cluster.this.arn, ":cluster/", ":topic/")
  group_prefix = replace(aws_msk_cluster.this.arn, ":cluster/", ":group/")

  reads  = ["kafka-cluster:DescribeTopic", "kafka-cluster:DescribeTopicDynamicConfiguration", "kafka-cluster:ReadData"]
  writes = ["kafka-cluster:DescribeTopic", "kafka-cluster:DescribeTopicDynamicConfiguration", "kafka-cluster:WriteData"]

  # Idempotence is on the cluster, data on named topics, membership on named groups; nobody creates or alters topics.
  client_statements = {
    for name, client in var.clients : name => concat(
      [{
        Sid      = "Connect"
        Effect   = "Allow"
        Action   = concat(["kafka-cluster:Connect", "kafka-cluster:DescribeCluster"], length(client.writes) > 0 ? ["kafka-cluster:WriteDataIdempotently"] : [])
        Resource = [aws_msk_cluster.this.arn]
      }],
      length(client.writes) == 0 ? [] : [{
        Sid      = "Write"
        Effect   = "Allow"
        Action   = local.writes
        Resource = [for topic in client.writes : "${local.topic_prefix}/${topic}"]
      }],
      length(client.reads) == 0 ? [] : [{
        Sid      = "Read"
        Effect   = "Allow"
        Action   = local.reads
        Resource = [for topic in client.reads : "${local.topic_prefix}/${topic}"]
      }],
      length(client.groups) == 0 ? [] : [{
        Sid      = "Group"
        Effect   = "Allow"
        Action   = ["kafka-cluster:DescribeGroup", "kafka-cluster:AlterGroup"]
        Resource = [for group in client.groups : "${local.group_prefix}/${group}"]
      }],
    )
  }
}

module "key" {
  source = "../kms-key"

  name        = "${var.name}/msk"
  description = "Brokers' disks of ${var.name}"
  region      = var.region
}

module "log_key" {
  source = "../kms-key"

  name        = "${var.name}/msk-logs"
  description = "Brokers' logs of ${var.name}"
  region      = var.region
  for_logs    = true
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/msk/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = module.log_key.arn
}

resource "aws_msk_configuration" "this" {
  # Express brokers bring these as fixed values and refuse to be told.
  count = local.express ? 0 : 1

  name           = "${var.name}-${replace(var.kafka_version, ".", "-")}"
  description    = "What an acknowledged event relies on"
  kafka_versions = [var.kafka_version]

  server_properties = join("\n", [
    "auto.create.topics.enable=false",
    "default.replication.factor=3",
    "min.insync.replicas=2",
    "unclean.leader.election.enable=false",
    "log.retention.ms=${var.topics_retention_hours * 3600000}",
    "num.partitions=6",
    "",
  ])

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_msk_cluster" "this" {
  cluster_name           = var.name
  kafka_version          = var.kafka_version
  number_of_broker_nodes = var.brokers
  enhanced_monitoring    = "PER_TOPIC_PER_BROKER"

  broker_node_group_info {
    instance_type   = var.instance_type
    client_subnets  = var.subnet_ids
    security_groups = [var.security_group_id]

    dynamic "storage_info" {
      for_each = local.express ? [] : [1]

      content {
        ebs_storage_info {
          volume_size = var.storage_gib
        }
      }
    }
  }

  dynamic "configuration_info" {
    for_each = aws_msk_configuration.this

    content {
      arn      = configuration_info.value.arn
      revision = configuration_info.value.latest_revision
    }
  }

  client_authentication {
    unauthenticated = false

    sasl {
      iam   = true
      scram = length(var.scram_users) > 0
    }
  }

  encryption_info {
    encryption_at_rest_kms_key_arn = module.key.arn

    encryption_in_transit {
      client_broker = "TLS"
      in_cluster    = true
    }
  }

  open_monitoring {
    prometheus {
      jmx_exporter {
        enabled_in_broker = true
      }

      node_exporter {
        enabled_in_broker = true
      }
    }
  }

  logging_info {
    broker_logs {
      cloudwatch_logs {
        enabled   = true
        log_group = aws_cloudwatch_log_group.this.name
      }
    }
  }

  lifecycle {
    precondition {
      condition     = var.brokers % length(var.subnet_ids) == 0
      error_message = "Brokers are spread evenly: their number must be a multiple of the number of subnets."
    }
  }
}

resource "aws_msk_topic" "this" {
  for_each = var.topics

  cluster_arn        = aws_msk_cluster.this.arn
  name               = each.key
  partition_count    = each.value.partitions
  replication_factor = 3

  configs = jsonencode({
    "cleanup.policy"      = "delete"
    "min.insync.replicas" = "2"
    "retention.ms"        = tostring(var.topics_retention_hours * 3600000)
    # A limit by bytes would drop what nobody has read yet.
    "retention.bytes"   = "-1"
    "max.message.bytes" = tostring(each.value.max_message_bytes)
  })
}

resource "aws_iam_role_policy" "client" {
  for_each = var.clients

  name   = "kafka"
  role   = each.value.role_name
  policy = jsonencode({ Version = "2012-10-17", Statement = local.client_statements[each.key] })
}

# For programs that cannot sign tokens yet. MSK demands the prefix; the password is written, never kept in state.
resource "aws_secretsmanager_secret" "scram" {
  for_each = var.scram_users

  # checkov:skip=CKV2_AWS_57:MSK reads it, and clients hold a copy: both have to change together, by a person
  name       = "AmazonMSK_${var.name}_${each.key}"
  kms_key_id = module.key.arn
}

resource "aws_secretsmanager_secret_version" "scram" {
  for_each = var.scram_users

  secret_id                = aws_secretsmanager_secret.scram[each.key].id
  secret_string_wo         = jsonencode({ username = each.key, password = var.scram_passwords[each.key] })
  secret_string_wo_version = var.scram_password_version
}

resource "aws_msk_scram_secret_association" "this" {
  count = length(var.scram_users) > 0 ? 1 : 0

  cluster_arn     = aws_msk_cluster.this.arn
  secret_arn_list = [for secret in aws_secretsmanager_secret.scram : secret.arn]

  depends_on = [aws_secretsmanager_secret_version.scram]
}
