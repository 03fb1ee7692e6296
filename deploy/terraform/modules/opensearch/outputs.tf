output "domain_name" {
  description = "The sanitised name of the domain."
  value       = aws_opensearch_domain.this.domain_name
}

output "endpoint" {
  description = "Host name for clients, HTTPS."
  value       = aws_opensearch_domain.this.endpoint
}

output "dashboard_endpoint" {
  description = "OpenSearch Dashboards, within the network."
  value       = aws_opensearch_domain.this.dashboard_endpoint
}

output "master_role_arn" {
  description = "Role that maps roles and sets index policies."
  value       = aws_iam_role.master.arn
}
