output "primary_endpoint" {
  description = "Host name of the primary, over TLS."
  value       = aws_elasticache_replication_group.this.primary_endpoint_address
}

output "port" {
  description = "Port of the store."
  value       = aws_elasticache_replication_group.this.port
}

output "id" {
  description = "Id of the replication group, the dimension of its CloudWatch metrics."
  value       = aws_elasticache_replication_group.this.replication_group_id
}

output "users" {
  description = "Name that each service signs in with."
  value       = { for name, user in aws_elasticache_user.service : name => user.user_name }
}
