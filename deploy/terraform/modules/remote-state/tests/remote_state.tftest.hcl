mock_provider "aws" {
  source = "../mocks"
}

variables {
  name   = "farol-test"
  region = "us-east-2"
}

run "state_is_versioned_encrypted_and_private" {
  # prevent_destroy would stop the clean-up after an apply.
  command = plan

  assert {
    condition     = aws_s3_bucket.state.bucket == "farol-test-tfstate-123456789012-us-east-2"
    error_message = "the bucket is ${aws_s3_bucket.state.bucket}"
  }
  assert {
    condition     = aws_s3_bucket_versioning.state.versioning_configuration[0].status == "Enabled"
    error_message = "old states are not kept"
  }
  assert {
    condition = alltrue([
      for rule in aws_s3_bucket_server_side_encryption_configuration.state.rule :
      rule.apply_server_side_encryption_by_default[0].sse_algorithm == "aws:kms"
    ])
    error_message = "state is not encrypted with KMS"
  }
  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.state.block_public_acls,
      aws_s3_bucket_public_access_block.state.block_public_policy,
      aws_s3_bucket_public_access_block.state.ignore_public_acls,
      aws_s3_bucket_public_access_block.state.restrict_public_buckets,
    ])
    error_message = "the bucket could become public"
  }
  assert {
    condition     = jsondecode(aws_s3_bucket_policy.state.policy).Statement[0].Condition.Bool["aws:SecureTransport"] == "false"
    error_message = "plain HTTP is not refused"
  }
}

run "a_role_may_delete_locks_but_not_states" {
  command = plan

  assert {
    condition = [for s in output.statements : s.Resource[0] if contains(s.Action, "s3:DeleteObject")] == [
      "arn:aws:s3:::farol-test-tfstate-123456789012-us-east-2/*.tflock",
    ]
    error_message = "delete is allowed on ${jsonencode(output.statements)}"
  }
}
