# The same file in every stack (`make terraform-docs` copies it from stacks/context.tf): backend, provider, names and tags.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.38"
    }
  }

  # Bucket, region and key come from ../<environment>/backend.hcl and ../tf; the lock is an object beside the state.
  backend "s3" {
    use_lockfile = true
    encrypt      = true
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      "farol:environment" = var.environment
      "farol:managed-by"  = "terraform"
      "farol:stack"       = basename(abspath(path.root))
    }
  }
}

variable "environment" {
  description = "dev or prod."
  type        = string

  validation {
    condition     = contains(["dev", "prod"], var.environment)
    error_message = "dev or prod."
  }
}

variable "region" {
  description = "Region of everything."
  type        = string
  default     = "us-east-2"
}

variable "state_bucket" {
  description = "Bucket of all states of the environment."
  type        = string
}

variable "state_options" {
  description = "Further settings for reading others' states; the offline check sets path style."
  type        = map(string)
  default     = {}
}

variable "log_retention_days" {
  description = "How long logs in CloudWatch are kept."
  type        = number
}

variable "owns_account" {
  description = "Whether the environment has an account of its own; false in all but one of those that share one."
  type        = bool
  default     = true
}

locals {
  name = "farol-${var.environment}"
}
