output "repository_urls" {
  description = "Address of each repository."
  value       = { for name, repository in aws_ecr_repository.this : name => repository.repository_url }
}

output "repository_arns" {
  description = "ARN of each repository: what CI may push to."
  value       = { for name, repository in aws_ecr_repository.this : name => repository.arn }
}

output "key_arn" {
  description = "Key of the images."
  value       = module.key.arn
}
