mock_provider "aws" {
  source = "../mocks"
}

variables {
  name   = "farol-test"
  region = "us-east-2"
}

run "tags_never_move_and_pushes_are_scanned" {
  assert {
    condition = alltrue([for r in aws_ecr_repository.this :
      r.image_tag_mutability == "IMMUTABLE" && r.image_scanning_configuration[0].scan_on_push && !r.force_delete
    ])
    error_message = "a repository takes tags twice, or images unseen"
  }
  assert {
    condition     = alltrue([for r in aws_ecr_repository.this : r.encryption_configuration[0].encryption_type == "KMS" && r.encryption_configuration[0].kms_key == module.key.arn])
    error_message = "images have no key of ours"
  }
}

run "ten_releases_stay_and_untagged_ones_go" {
  assert {
    condition = alltrue([for p in aws_ecr_lifecycle_policy.this : [for rule in jsondecode(p.policy).rules : "${rule.selection.tagStatus} ${rule.selection.countNumber}"] == [
      "tagged 10", "untagged 1",
    ]])
    error_message = "images are swept otherwise"
  }
}

run "a_repository_per_program" {
  assert {
    condition     = toset([for r in aws_ecr_repository.this : r.name]) == toset(["farol/farolctl", "farol/gateway", "farol/otel-collector-kubernetes", "farol/worker"])
    error_message = "repositories are named otherwise"
  }
}

run "the_registry_belongs_to_one_environment" {
  variables {
    owns_registry = false
  }
  assert {
    condition     = length(aws_ecr_registry_scanning_configuration.this) == 0 && length(aws_ecr_pull_through_cache_rule.this) == 0
    error_message = "two environments would set the same registry"
  }
}

run "fewer_than_ten_are_refused" {
  command = plan
  variables {
    keep_images = 9
  }
  expect_failures = [var.keep_images]
}
