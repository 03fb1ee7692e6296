# Images: a repository per program whose tags never move, scanned for as long as they are there, and old ones swept.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

module "key" {
  source = "../kms-key"

  name        = "${var.name}/ecr"
  description = "Images of ${var.name}"
  region      = var.region
}

resource "aws_ecr_repository" "this" {
  for_each = var.repositories

  name                 = "${var.prefix}/${each.key}"
  image_tag_mutability = "IMMUTABLE"
  force_delete         = false

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = module.key.arn
  }
}

resource "aws_ecr_lifecycle_policy" "this" {
  for_each = var.repositories

  repository = aws_ecr_repository.this[each.key].name

  # Never by `any`: it would take images whose signatures still point at them.
  policy = jsonencode({
    rules = [
      {
        rulePriority = 1
        description  = "keep the last ${var.keep_images} releases"
        selection    = { tagStatus = "tagged", tagPatternList = ["*"], countType = "imageCountMoreThan", countNumber = var.keep_images }
        action       = { type = "expire" }
      },
      {
        rulePriority = 2
        description  = "what no tag names goes after a day"
        selection    = { tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = 1 }
        action       = { type = "expire" }
      },
    ]
  })
}

resource "aws_ecr_registry_scanning_configuration" "this" {
  count = var.owns_registry ? 1 : 0

  scan_type = "ENHANCED"

  rule {
    scan_frequency = "CONTINUOUS_SCAN"

    repository_filter {
      filter      = "${var.prefix}/*"
      filter_type = "WILDCARD"
    }
  }
}

# Public images by way of our registry: no rate limit, scanned, and there when the other side is not.
resource "aws_ecr_pull_through_cache_rule" "this" {
  for_each = var.owns_registry ? var.pull_through : {}

  ecr_repository_prefix = each.key
  upstream_registry_url = each.value
}
