mock_provider "aws" {
  source = "../mocks"
}

variables {
  name         = "farol-test"
  vpc_id       = "vpc-1"
  client_cidrs = ["203.0.113.0/24"]
}

run "stores_open_their_own_port_to_nodes_only" {
  assert {
    condition = toset([
      for opening in output.openings : "${opening.from}>${opening.to}:${opening.ports[0]}-${opening.ports[1]}"
      if contains(["rds", "kafka", "redis", "opensearch"], opening.to)
      ]) == toset([
      "nodes>rds:5432-5432", "nodes>kafka:9098-9098", "nodes>kafka:11001-11002", "nodes>redis:6379-6379", "nodes>opensearch:443-443",
    ])
    error_message = "a store is open otherwise: ${jsonencode(output.openings)}"
  }
}

run "every_way_in_has_its_way_out" {
  assert {
    condition     = keys(aws_vpc_security_group_ingress_rule.opening) == keys(aws_vpc_security_group_egress_rule.opening)
    error_message = "an opening has one half only"
  }
  assert {
    condition = alltrue([
      for name, rule in aws_vpc_security_group_ingress_rule.opening :
      rule.from_port == output.openings[name].ports[0] && rule.to_port == output.openings[name].ports[1] && rule.ip_protocol == "tcp"
    ])
    error_message = "a rule opens other ports than its line says"
  }
}

run "no_group_is_open_to_a_range_but_the_load_balancer" {
  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_ingress_rule.opening : rule.cidr_ipv4 == null])
    error_message = "an opening names a range instead of a group"
  }
  assert {
    condition = alltrue([
      for cidr, rule in aws_vpc_security_group_ingress_rule.clients :
      cidr == "203.0.113.0/24" && rule.from_port == 443 && rule.to_port == 443 && rule.security_group_id == output.ids["load-balancer"]
    ])
    error_message = "clients come in elsewhere than by 443 of the load balancer"
  }
}

run "plain_kafka_ports_are_shut" {
  assert {
    condition     = alltrue([for opening in output.openings : !contains([9092, 9094, 9096, 2181], opening.ports[0])])
    error_message = "a Kafka port without IAM is open"
  }
}

run "nobody_comes_in_unless_clients_are_named" {
  variables {
    client_cidrs = []
  }
  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.clients) == 0
    error_message = "the load balancer is open to somebody"
  }
}

run "a_range_that_is_none_is_refused" {
  command = plan
  variables {
    client_cidrs = ["everybody"]
  }
  expect_failures = [var.client_cidrs]
}

run "a_plain_kafka_port_is_refused" {
  command = plan
  variables {
    kafka_ports = [9092, 9098]
  }
  expect_failures = [var.kafka_ports]
}
