output "cluster_role_arn" {
  description = "Role of the control plane."
  value       = aws_iam_role.cluster.arn
}

output "node_role_arn" {
  description = "Role of the nodes."
  value       = aws_iam_role.node.arn
}

output "pod_roles" {
  description = "By name: ARN and name of the role, namespace and service account it is for."
  value = {
    for name, account in var.service_accounts : name => {
      arn             = aws_iam_role.pod[name].arn
      name            = aws_iam_role.pod[name].name
      namespace       = account.namespace
      service_account = account.service_account
    }
  }
}

output "pod_trust_policy" {
  description = "Trust policy of the service accounts' roles as JSON."
  value       = local.pod_trust
}

output "secret_names" {
  description = "Names of the secrets in Secrets Manager."
  value       = sort([for secret in aws_secretsmanager_secret.this : secret.name])
}

output "secrets_key_arn" {
  description = "Key of the secrets."
  value       = module.secrets_key.arn
}
