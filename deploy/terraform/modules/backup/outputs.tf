output "vault_arn" {
  description = "ARN of the vault."
  value       = aws_backup_vault.this.arn
}

output "plan_id" {
  description = "Id of the plan."
  value       = aws_backup_plan.this.id
}

output "restore_testing_plan" {
  description = "Name of the plan that tries a restore every week."
  value       = aws_backup_restore_testing_plan.this.name
}
