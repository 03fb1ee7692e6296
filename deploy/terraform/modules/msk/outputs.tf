output "arn" {
  description = "ARN of the cluster."
  value       = aws_msk_cluster.this.arn
}

output "name" {
  description = "Name of the cluster, the dimension of its CloudWatch metrics."
  value       = aws_msk_cluster.this.cluster_name
}

output "bootstrap_brokers" {
  description = "FAROL_KAFKA_BROKERS: addresses for TLS with IAM, port 9098."
  value       = aws_msk_cluster.this.bootstrap_brokers_sasl_iam
}

output "bootstrap_brokers_scram" {
  description = "Addresses for TLS with SCRAM, port 9096; empty without such logins."
  value       = aws_msk_cluster.this.bootstrap_brokers_sasl_scram
}

output "topics" {
  description = "Names of the topics."
  value       = sort([for topic in aws_msk_topic.this : topic.name])
}

output "client_policies" {
  description = "Policy of each client as JSON."
  value       = { for name, policy in aws_iam_role_policy.client : name => policy.policy }
}
