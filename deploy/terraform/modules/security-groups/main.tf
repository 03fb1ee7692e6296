# Who may speak to whom: one group per service, and every opening is one line of `openings`. Nothing is open to a network range
# but the load balancer's 443; stores let the nodes in by group, on their own port.

locals {
  groups = {
    control-plane = "EKS control plane's network interfaces"
    nodes         = "Nodes and their pods"
    load-balancer = "Public load balancer of the gateway"
    rds           = "PostgreSQL"
    kafka         = "Brokers"
    redis         = "Valkey"
    opensearch    = "OpenSearch"
  }

  # from -> to on port(s). The same line opens the way out of `from` and the way into `to`.
  openings = merge(
    {
      "nodes to control-plane 443"   = { from = "nodes", to = "control-plane", ports = [443, 443], why = "API server" }
      "control-plane to nodes 10250" = { from = "control-plane", to = "nodes", ports = [10250, 10250], why = "kubelet and webhooks" }
      "load-balancer to nodes 8080"  = { from = "load-balancer", to = "nodes", ports = [8080, 8080], why = "gateway, by pod address" }
      "load-balancer to nodes 8081"  = { from = "load-balancer", to = "nodes", ports = [8081, 8081], why = "health checks, on the management listener" }
      "nodes to rds 5432"            = { from = "nodes", to = "rds", ports = [5432, 5432], why = "gateway, worker, migrations" }
      "nodes to kafka 11001"         = { from = "nodes", to = "kafka", ports = [11001, 11002], why = "Prometheus reads brokers and their hosts" }
      "nodes to redis 6379"          = { from = "nodes", to = "redis", ports = [6379, 6379], why = "gateway" }
      "nodes to opensearch 443"      = { from = "nodes", to = "opensearch", ports = [443, 443], why = "Fluent Bit, Jaeger" }
    },
    {
      for port in var.kafka_ports : "nodes to kafka ${port}" => { from = "nodes", to = "kafka", ports = [port, port], why = "gateway, worker, KEDA" }
    },
    {
      for port in var.webhook_ports : "control-plane to nodes ${port}" => {
        from = "control-plane", to = "nodes", ports = [port, port], why = "admission webhooks and aggregated APIs"
      }
    },
  )
}

resource "aws_security_group" "this" {
  for_each = local.groups

  # checkov:skip=CKV2_AWS_5:they are attached by the stacks that come later, through remote state
  name        = "${var.name}-${each.key}"
  description = each.value
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-${each.key}" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "opening" {
  for_each = local.openings

  security_group_id            = aws_security_group.this[each.value.to].id
  referenced_security_group_id = aws_security_group.this[each.value.from].id
  description                  = each.value.why
  ip_protocol                  = "tcp"
  from_port                    = each.value.ports[0]
  to_port                      = each.value.ports[1]
}

resource "aws_vpc_security_group_egress_rule" "opening" {
  for_each = local.openings

  security_group_id            = aws_security_group.this[each.value.from].id
  referenced_security_group_id = aws_security_group.this[each.value.to].id
  description                  = each.value.why
  ip_protocol                  = "tcp"
  from_port                    = each.value.ports[0]
  to_port                      = each.value.ports[1]
}

# Between pods the NetworkPolicies decide; a group cannot tell one pod from another.
resource "aws_vpc_security_group_ingress_rule" "between_nodes" {
  security_group_id            = aws_security_group.this["nodes"].id
  referenced_security_group_id = aws_security_group.this["nodes"].id
  description                  = "pod to pod, DNS; NetworkPolicies decide further"
  ip_protocol                  = "-1"
}

resource "aws_vpc_security_group_egress_rule" "between_nodes" {
  security_group_id            = aws_security_group.this["nodes"].id
  referenced_security_group_id = aws_security_group.this["nodes"].id
  description                  = "pod to pod, DNS; NetworkPolicies decide further"
  ip_protocol                  = "-1"
}

resource "aws_vpc_security_group_egress_rule" "nodes_https" {
  security_group_id = aws_security_group.this["nodes"].id
  description       = "AWS APIs, registries, Argo CD's repository, alert receivers"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  for_each = toset(var.client_cidrs)

  security_group_id = aws_security_group.this["load-balancer"].id
  description       = "clients of the gateway, TLS"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = each.value
}
