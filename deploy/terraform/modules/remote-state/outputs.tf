output "bucket" {
  description = "Name of the bucket: `bucket` of every backend."
  value       = aws_s3_bucket.state.bucket
}

output "bucket_arn" {
  description = "ARN of the bucket."
  value       = local.bucket_arn
}

output "kms_key_arn" {
  description = "Key of the states."
  value       = module.key.arn
}

output "statements" {
  description = "IAM statements that a role needs for state and lock (`<key>.tflock` is put and deleted)."
  value = [
    { Sid = "ListState", Effect = "Allow", Action = ["s3:ListBucket"], Resource = [local.bucket_arn] },
    { Sid = "State", Effect = "Allow", Action = ["s3:GetObject", "s3:PutObject"], Resource = ["${local.bucket_arn}/*.tfstate"] },
    { Sid = "Lock", Effect = "Allow", Action = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], Resource = ["${local.bucket_arn}/*.tflock"] },
    { Sid = "StateKey", Effect = "Allow", Action = ["kms:Decrypt", "kms:GenerateDataKey"], Resource = [module.key.arn] },
  ]
}
