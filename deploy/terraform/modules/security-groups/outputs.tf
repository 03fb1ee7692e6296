output "ids" {
  description = "Id of each group by its name: control-plane, nodes, load-balancer, rds, kafka, redis, opensearch."
  value       = { for name, group in aws_security_group.this : name => group.id }
}

output "openings" {
  description = "Every way between two groups: from, to, ports, why."
  value       = local.openings
}
