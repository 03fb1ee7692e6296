output "address" {
  description = "Host name of the instance."
  value       = aws_db_instance.this.address
}

output "port" {
  description = "Port of the instance."
  value       = aws_db_instance.this.port
}

output "arn" {
  description = "ARN of the instance."
  value       = aws_db_instance.this.arn
}

output "identifier" {
  description = "Identifier, the dimension of its CloudWatch metrics."
  value       = aws_db_instance.this.identifier
}

output "database" {
  description = "Name of the database."
  value       = aws_db_instance.this.db_name
}

output "master_secret_arn" {
  description = "Secret with the master's password; RDS makes it and rotates it every seven days."
  value       = aws_db_instance.this.master_user_secret[0].secret_arn
}
