mock_provider "aws" {
  source = "../mocks"

  mock_resource "aws_msk_cluster" {
    defaults = { arn = "arn:aws:kafka:us-east-2:123456789012:cluster/farol-test/uuid-1" }
  }
}

variables {
  name              = "farol-test"
  region            = "us-east-2"
  instance_type     = "kafka.m7g.large"
  subnet_ids        = ["subnet-a", "subnet-b", "subnet-c"]
  security_group_id = "sg-kafka"
  scram_passwords   = {} # an ephemeral value is given in tests even where it has a default
  topics            = { "farol.events" = { partitions = 12 } }
  clients = {
    gateway = { role_name = "farol-test-farol-gateway", writes = ["farol.events"] }
    worker  = { role_name = "farol-test-farol-worker", reads = ["farol.events"], groups = ["farol-worker"] }
  }
}

run "iam_over_tls_is_the_only_way_in" {
  assert {
    condition = (aws_msk_cluster.this.client_authentication[0].sasl[0].iam && !aws_msk_cluster.this.client_authentication[0].sasl[0].scram
    && !aws_msk_cluster.this.client_authentication[0].unauthenticated)
    error_message = "there is another way in"
  }
  assert {
    condition = (aws_msk_cluster.this.encryption_info[0].encryption_in_transit[0].client_broker == "TLS"
      && aws_msk_cluster.this.encryption_info[0].encryption_in_transit[0].in_cluster
    && aws_msk_cluster.this.encryption_info[0].encryption_at_rest_kms_key_arn == module.key.arn)
    error_message = "data is not encrypted everywhere"
  }
}

run "the_gateway_writes_its_topic_idempotently_and_nothing_else" {
  assert {
    condition = jsondecode(output.client_policies["gateway"]).Statement == [
      {
        Sid      = "Connect", Effect = "Allow"
        Action   = ["kafka-cluster:Connect", "kafka-cluster:DescribeCluster", "kafka-cluster:WriteDataIdempotently"]
        Resource = ["arn:aws:kafka:us-east-2:123456789012:cluster/farol-test/uuid-1"]
      },
      {
        Sid      = "Write", Effect = "Allow"
        Action   = ["kafka-cluster:DescribeTopic", "kafka-cluster:DescribeTopicDynamicConfiguration", "kafka-cluster:WriteData"]
        Resource = ["arn:aws:kafka:us-east-2:123456789012:topic/farol-test/uuid-1/farol.events"]
      },
    ]
    error_message = "the gateway's policy is ${output.client_policies["gateway"]}"
  }
}

run "the_worker_reads_in_its_group_and_writes_nothing" {
  assert {
    condition = jsondecode(output.client_policies["worker"]).Statement == [
      {
        Sid      = "Connect", Effect = "Allow", Action = ["kafka-cluster:Connect", "kafka-cluster:DescribeCluster"]
        Resource = ["arn:aws:kafka:us-east-2:123456789012:cluster/farol-test/uuid-1"]
      },
      {
        Sid      = "Read", Effect = "Allow"
        Action   = ["kafka-cluster:DescribeTopic", "kafka-cluster:DescribeTopicDynamicConfiguration", "kafka-cluster:ReadData"]
        Resource = ["arn:aws:kafka:us-east-2:123456789012:topic/farol-test/uuid-1/farol.events"]
      },
      {
        Sid      = "Group", Effect = "Allow", Action = ["kafka-cluster:DescribeGroup", "kafka-cluster:AlterGroup"]
        Resource = ["arn:aws:kafka:us-east-2:123456789012:group/farol-test/uuid-1/farol-worker"]
      },
    ]
    error_message = "the worker's policy is ${output.client_policies["worker"]}"
  }
}

run "a_topic_keeps_what_the_promise_needs" {
  assert {
    condition = (aws_msk_topic.this["farol.events"].replication_factor == 3
      && jsondecode(aws_msk_topic.this["farol.events"].configs)["min.insync.replicas"] == "2"
      && jsondecode(aws_msk_topic.this["farol.events"].configs)["retention.ms"] == "604800000"
      && jsondecode(aws_msk_topic.this["farol.events"].configs)["retention.bytes"] == "-1"
    && jsondecode(aws_msk_topic.this["farol.events"].configs)["cleanup.policy"] == "delete")
    error_message = "the topic is ${jsonencode(aws_msk_topic.this["farol.events"].configs)}"
  }
  assert {
    condition = alltrue([for line in ["auto.create.topics.enable=false", "unclean.leader.election.enable=false", "min.insync.replicas=2"] :
      strcontains(aws_msk_configuration.this[0].server_properties, line)
    ])
    error_message = "brokers are configured otherwise"
  }
}

run "express_brokers_have_no_disk_and_no_configuration_of_ours" {
  variables {
    instance_type = "express.m7g.large"
  }
  assert {
    condition     = length(aws_msk_configuration.this) == 0 && length(aws_msk_cluster.this.broker_node_group_info[0].storage_info) == 0
    error_message = "Express brokers would refuse this"
  }
}

run "uneven_brokers_are_refused" {
  command = plan
  variables {
    brokers = 4
  }
  expect_failures = [aws_msk_cluster.this]
}

run "two_brokers_are_refused" {
  command = plan
  variables {
    brokers = 2
  }
  expect_failures = [var.brokers]
}

run "a_version_with_zookeeper_is_refused" {
  command = plan
  variables {
    kafka_version = "3.9.x"
  }
  expect_failures = [var.kafka_version]
}

run "all_topics_at_once_are_refused" {
  command = plan
  variables {
    clients = { gateway = { role_name = "r", writes = ["*"] } }
  }
  expect_failures = [var.clients]
}

run "a_named_login_has_a_secret_with_our_key_and_no_password_in_state" {
  variables {
    scram_users     = ["farol"]
    scram_passwords = { farol = "from outside" }
  }
  assert {
    condition = (aws_secretsmanager_secret.scram["farol"].name == "AmazonMSK_farol-test_farol"
    && aws_secretsmanager_secret.scram["farol"].kms_key_id == module.key.arn && length(aws_msk_scram_secret_association.this) == 1)
    error_message = "MSK would not take the login's secret"
  }
  assert {
    condition     = aws_secretsmanager_secret_version.scram["farol"].secret_string_wo == null && aws_msk_cluster.this.client_authentication[0].sasl[0].scram
    error_message = "the password is in state, or SCRAM is off"
  }
}
