mock_provider "aws" {
  source = "../mocks"
}

variables {
  name             = "farol-test"
  region           = "us-east-2"
  kms_key_arn      = "arn:aws:kms:us-east-2:123456789012:key/trail"
  state_bucket_arn = "arn:aws:s3:::state"
}

run "the_trail_is_whole_checked_and_encrypted" {
  assert {
    condition     = aws_cloudtrail.this.is_multi_region_trail && aws_cloudtrail.this.enable_log_file_validation && aws_cloudtrail.this.kms_key_id == var.kms_key_arn
    error_message = "the trail has holes"
  }
  assert {
    condition     = [for s in jsondecode(aws_s3_bucket_policy.trail.policy).Statement : s.Sid if s.Effect == "Deny"] == ["TlsOnly"]
    error_message = "the trail's bucket takes plain HTTP"
  }
  assert {
    condition     = aws_cloudtrail.this.event_selector[0].data_resource[0].values == tolist(["arn:aws:s3:::state/"])
    error_message = "nobody sees who reads state"
  }
}

run "an_intruder_is_looked_for_in_the_cluster" {
  assert {
    condition     = contains(keys(aws_guardduty_detector_feature.this), "EKS_AUDIT_LOGS")
    error_message = "GuardDuty does not read the cluster's audit log"
  }
}

run "the_bucket_is_private_and_encrypted" {
  assert {
    condition     = aws_s3_bucket_public_access_block.trail.block_public_policy && aws_s3_bucket_public_access_block.trail.restrict_public_buckets
    error_message = "the trail could become public"
  }
  assert {
    condition     = alltrue([for rule in aws_s3_bucket_server_side_encryption_configuration.trail.rule : rule.apply_server_side_encryption_by_default[0].kms_master_key_id == var.kms_key_arn])
    error_message = "the trail is not encrypted with the key"
  }
}
