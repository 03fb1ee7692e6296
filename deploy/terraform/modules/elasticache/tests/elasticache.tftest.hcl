mock_provider "aws" {
  source = "../mocks"

  mock_resource "aws_elasticache_replication_group" {
    defaults = { arn = "arn:aws:elasticache:us-east-2:123456789012:replicationgroup:farol-test" }
  }

  mock_resource "aws_elasticache_user" {
    defaults = { arn = "arn:aws:elasticache:us-east-2:123456789012:user:mock" }
  }
}

variables {
  name              = "farol-test"
  region            = "us-east-2"
  node_type         = "cache.t4g.micro"
  subnet_ids        = ["subnet-a", "subnet-b"]
  security_group_id = "sg-redis"
  passwords         = {} # an ephemeral value is given in tests even where it has a default
  users             = { gateway = { role_name = "farol-test-farol-gateway", keys = "farol:*" } }
}

run "tls_is_required_and_rest_is_encrypted_with_our_key" {
  assert {
    condition = (aws_elasticache_replication_group.this.transit_encryption_enabled
      && aws_elasticache_replication_group.this.transit_encryption_mode == "required"
      && aws_elasticache_replication_group.this.at_rest_encryption_enabled == "true"
    && aws_elasticache_replication_group.this.kms_key_id == module.key.arn)
    error_message = "the store is not encrypted everywhere"
  }
}

run "a_replica_in_another_zone_takes_over" {
  assert {
    condition = (aws_elasticache_replication_group.this.num_cache_clusters == 2 && aws_elasticache_replication_group.this.automatic_failover_enabled
    && aws_elasticache_replication_group.this.multi_az_enabled)
    error_message = "nothing takes over"
  }
}

run "one_node_asks_for_no_failover" {
  variables {
    nodes         = 1
    snapshot_days = 0
  }
  assert {
    condition     = !aws_elasticache_replication_group.this.automatic_failover_enabled && !aws_elasticache_replication_group.this.multi_az_enabled
    error_message = "AWS refuses failover of one node"
  }
}

run "who_does_not_sign_in_may_nothing" {
  assert {
    condition     = aws_elasticache_user.default.access_string == "off -@all" && aws_elasticache_user.default.user_name == "default"
    error_message = "the default user may something"
  }
  assert {
    condition     = aws_elasticache_user_group.this.user_ids == toset(["farol-test-default", "farol-test-gateway"])
    error_message = "the group has other users"
  }
}

run "the_gateway_signs_in_with_iam_and_sees_farols_keys_only" {
  assert {
    condition     = aws_elasticache_user.service["gateway"].authentication_mode[0].type == "iam" && aws_elasticache_user.service["gateway"].user_id == aws_elasticache_user.service["gateway"].user_name
    error_message = "IAM needs user id and name to be the same"
  }
  assert {
    condition = (strcontains(aws_elasticache_user.service["gateway"].access_string, "~farol:* ")
      && strcontains(aws_elasticache_user.service["gateway"].access_string, "-@all +@read +@write")
    && endswith(aws_elasticache_user.service["gateway"].access_string, "-@dangerous +info"))
    error_message = "the gateway may: ${aws_elasticache_user.service["gateway"].access_string}"
  }
  assert {
    condition     = jsondecode(aws_iam_role_policy.connect["gateway"].policy).Statement[0].Action == "elasticache:Connect"
    error_message = "the role cannot connect"
  }
}

run "the_soonest_to_expire_goes_first" {
  assert {
    condition     = [for p in aws_elasticache_parameter_group.this.parameter : p.value if p.name == "maxmemory-policy"] == ["volatile-ttl"]
    error_message = "a full store would refuse or forget otherwise"
  }
  assert {
    condition     = aws_elasticache_parameter_group.this.family == "valkey8"
    error_message = "the family is ${aws_elasticache_parameter_group.this.family}"
  }
}

run "all_keys_are_refused" {
  command = plan
  variables {
    users = { gateway = { role_name = "r", keys = "*" } }
  }
  expect_failures = [var.users]
}

run "a_password_is_written_and_not_kept" {
  variables {
    users     = { gateway = { role_name = "r", keys = "farol:*", password = true } }
    passwords = { gateway = "from outside, long enough" }
  }
  assert {
    condition     = aws_elasticache_user.service["gateway"].passwords_wo == null && length(aws_elasticache_user.service["gateway"].authentication_mode) == 0
    error_message = "the password is in state"
  }
  assert {
    condition     = length(aws_iam_role_policy.connect) == 0
    error_message = "a role may connect that has no use for it"
  }
}
