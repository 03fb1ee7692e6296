output "role_arns" {
  description = "Roles of CI: plan, apply, push."
  value       = { for name, role in aws_iam_role.this : name => role.arn }
}

output "trust_policies" {
  description = "Trust policy of each role as JSON."
  value       = local.trust
}

output "policies" {
  description = "Own policy of each role as JSON."
  value       = { for name, policy in aws_iam_role_policy.this : name => policy.policy }
}
