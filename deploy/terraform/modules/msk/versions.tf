# S3 locking and write-only arguments are stable from Terraform 1.11; aws_msk_topic came with provider 6.38.
terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.38"
    }
  }
}
