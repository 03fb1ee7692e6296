mock_provider "aws" {
  source = "../mocks"
}

variables {
  name              = "farol-test"
  region            = "us-east-2"
  instance_type     = "t3.small.search"
  subnet_ids        = ["subnet-a", "subnet-b", "subnet-c"]
  security_group_id = "sg-opensearch"
  writers           = { fluent-bit = { role_name = "farol-test-fluent-bit", role_arn = "arn:aws:iam::123456789012:role/farol-test-fluent-bit" } }
}

run "encrypted_at_rest_between_nodes_and_on_the_way" {
  assert {
    condition = (aws_opensearch_domain.this.encrypt_at_rest[0].enabled && aws_opensearch_domain.this.encrypt_at_rest[0].kms_key_id == module.key.arn
    && aws_opensearch_domain.this.node_to_node_encryption[0].enabled)
    error_message = "data lies or travels in the clear"
  }
  assert {
    condition = (aws_opensearch_domain.this.domain_endpoint_options[0].enforce_https
    && startswith(aws_opensearch_domain.this.domain_endpoint_options[0].tls_security_policy, "Policy-Min-TLS-1-2"))
    error_message = "old TLS or plain HTTP is taken"
  }
}

run "no_password_exists" {
  assert {
    condition = (aws_opensearch_domain.this.advanced_security_options[0].enabled
      && !aws_opensearch_domain.this.advanced_security_options[0].internal_user_database_enabled
      && aws_opensearch_domain.this.advanced_security_options[0].master_user_options[0].master_user_arn == output.master_role_arn
    && aws_opensearch_domain.this.advanced_security_options[0].master_user_options[0].master_user_password == null)
    error_message = "fine-grained access control is off, or has a password"
  }
}

run "only_named_roles_reach_the_domain" {
  assert {
    condition = jsondecode(aws_opensearch_domain_policy.this.access_policies).Statement[0].Principal.AWS == [
      "arn:aws:iam::123456789012:role/mock", "arn:aws:iam::123456789012:role/farol-test-fluent-bit",
    ]
    error_message = "the policy is ${aws_opensearch_domain_policy.this.access_policies}"
  }
  assert {
    condition     = !strcontains(aws_iam_role_policy.writer["fluent-bit"].policy, "es:ESHttpDelete")
    error_message = "a writer may delete"
  }
}

run "two_nodes_use_two_zones" {
  assert {
    condition = (aws_opensearch_domain.this.cluster_config[0].zone_awareness_config[0].availability_zone_count == 2
    && length(aws_opensearch_domain.this.vpc_options[0].subnet_ids) == 2)
    error_message = "nodes and zones do not match"
  }
}

run "three_nodes_and_masters_use_three_zones" {
  variables {
    data_nodes    = 3
    instance_type = "r7g.large.search"
    master_type   = "m7g.large.search"
  }
  assert {
    condition = (aws_opensearch_domain.this.cluster_config[0].zone_awareness_config[0].availability_zone_count == 3
    && aws_opensearch_domain.this.cluster_config[0].dedicated_master_count == 3)
    error_message = "masters or zones are missing"
  }
}

run "a_name_is_made_fit_for_a_domain" {
  variables {
    name = "9_Farol.Staging_of-the-Whole_Company"
  }
  assert {
    condition     = aws_opensearch_domain.this.domain_name == "farol-staging-of-the-whole-c"
    error_message = "the domain is called ${aws_opensearch_domain.this.domain_name}"
  }
}

run "a_cut_does_not_end_in_a_dash" {
  variables {
    name = "farol-staging-of-the-whole-company"
  }
  assert {
    condition     = can(regex("^[a-z][a-z0-9-]{1,26}[a-z0-9]$", aws_opensearch_domain.this.domain_name))
    error_message = "the domain is called ${aws_opensearch_domain.this.domain_name}"
  }
}

run "audit_and_slow_logs_are_kept" {
  assert {
    condition = toset([for option in aws_opensearch_domain.this.log_publishing_options : option.log_type]) == toset([
      "AUDIT_LOGS", "INDEX_SLOW_LOGS", "SEARCH_SLOW_LOGS", "ES_APPLICATION_LOGS",
    ])
    error_message = "a log is missing"
  }
}

run "one_node_is_refused" {
  command = plan
  variables {
    data_nodes = 1
  }
  expect_failures = [var.data_nodes]
}
