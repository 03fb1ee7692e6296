output "name" {
  description = "Name of the cluster."
  value       = aws_eks_cluster.this.name
}

output "endpoint" {
  description = "Address of the API server."
  value       = aws_eks_cluster.this.endpoint
}

output "certificate_authority" {
  description = "Certificate authority of the API server, base64."
  value       = aws_eks_cluster.this.certificate_authority[0].data
}

output "version" {
  description = "Kubernetes version."
  value       = aws_eks_cluster.this.version
}

output "arn" {
  description = "ARN of the cluster."
  value       = aws_eks_cluster.this.arn
}
