mock_provider "aws" {
  source = "../mocks"
}

variables {
  name   = "farol-test"
  region = "us-east-2"
  azs    = ["us-east-2a", "us-east-2b", "us-east-2c"]
}

run "the_range_is_cut_without_overlap" {
  assert {
    condition     = [for az in var.azs : aws_subnet.public[az].cidr_block] == ["10.100.0.0/24", "10.100.1.0/24", "10.100.2.0/24"]
    error_message = "public subnets are elsewhere"
  }
  assert {
    condition     = [for az in var.azs : aws_subnet.data[az].cidr_block] == ["10.100.8.0/24", "10.100.9.0/24", "10.100.10.0/24"]
    error_message = "data subnets are elsewhere"
  }
  assert {
    condition     = [for az in var.azs : aws_subnet.private[az].cidr_block] == ["10.100.16.0/20", "10.100.32.0/20", "10.100.48.0/20"]
    error_message = "private subnets are elsewhere"
  }
  assert {
    condition     = alltrue([for az, subnet in aws_subnet.private : subnet.availability_zone == az])
    error_message = "a subnet is in another zone than its key says"
  }
}

run "a_nat_gateway_in_each_zone_unless_one_is_asked_for" {
  assert {
    condition     = output.nat_gateways == 3
    error_message = "there are ${output.nat_gateways} NAT gateways"
  }
}

run "one_nat_gateway_serves_every_zone" {
  variables {
    single_nat_gateway = true
  }
  assert {
    condition     = output.nat_gateways == 1 && length(aws_route.nat) == 3
    error_message = "${output.nat_gateways} gateways, ${length(aws_route.nat)} routes"
  }
}

run "two_zones_as_in_the_seed" {
  variables {
    azs = ["us-east-2a", "us-east-2b"]
  }
  assert {
    condition     = length(output.public_subnet_ids) == 2 && length(output.private_subnet_ids) == 2 && output.nat_gateways == 2
    error_message = "two zones must give two subnets of each kind and two gateways"
  }
}

run "no_instance_gets_a_public_address_by_itself" {
  assert {
    condition     = alltrue([for subnet in aws_subnet.public : !subnet.map_public_ip_on_launch])
    error_message = "public subnets give addresses away"
  }
}

run "everything_that_flows_is_logged_and_encrypted" {
  assert {
    condition     = aws_flow_log.this.traffic_type == "ALL" && aws_cloudwatch_log_group.flow.kms_key_id == module.log_key.arn
    error_message = "flow logs miss traffic or a key"
  }
}

run "load_balancers_find_their_subnets" {
  assert {
    condition     = alltrue([for subnet in aws_subnet.public : subnet.tags["kubernetes.io/role/elb"] == "1"])
    error_message = "public subnets lack the tag of the load balancer controller"
  }
  assert {
    condition     = alltrue([for subnet in aws_subnet.private : subnet.tags["kubernetes.io/role/internal-elb"] == "1"])
    error_message = "private subnets lack the tag of the load balancer controller"
  }
}

run "a_range_that_cannot_be_cut_is_refused" {
  command = plan
  variables {
    cidr = "10.100.0.0/20"
  }
  expect_failures = [var.cidr]
}

run "one_zone_is_refused" {
  command = plan
  variables {
    azs = ["us-east-2a"]
  }
  expect_failures = [var.azs]
}

run "endpoints_answer_https_of_this_network_only" {
  assert {
    condition = (aws_vpc_security_group_ingress_rule.endpoints.cidr_ipv4 == "10.100.0.0/16"
    && aws_vpc_security_group_ingress_rule.endpoints.from_port == 443 && aws_vpc_security_group_ingress_rule.endpoints.to_port == 443)
    error_message = "endpoints are open to others"
  }
  assert {
    condition = toset([for endpoint in aws_vpc_endpoint.interface : endpoint.service_name]) == toset([
      for service in ["ecr.api", "ecr.dkr", "eks-auth", "kms", "logs", "secretsmanager", "sts"] : "com.amazonaws.us-east-2.${service}"
    ])
    error_message = "an endpoint is missing"
  }
}
