# CI without stored keys: GitHub's tokens become one of three roles. Planning reads, applying is tied to a protected environment,
# pushing images does nothing else; none goes beyond the boundary.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  arn     = "arn:${data.aws_partition.current.partition}"
  account = data.aws_caller_identity.current.account_id
  issuer  = "token.actions.githubusercontent.com"

  provider_arn = var.owns_account ? aws_iam_openid_connect_provider.this[0].arn : "${local.arn}:iam::${local.account}:oidc-provider/${local.issuer}"

  # Repositories made or renamed after 2026-07-15 send `repo:owner@id/name@id:…`, so the list holds both forms.
  subjects = {
    plan  = [for repository in var.repositories : "repo:${repository}:pull_request"]
    apply = [for repository in var.repositories : "repo:${repository}:environment:${var.environment}"]
    # The environment's own rule lets it run from main only: a job in an environment says so, and no branch.
    push = [for repository in var.repositories : "repo:${repository}:environment:registry"]
  }

  trust = {
    for role, subjects in local.subjects : role => jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Effect    = "Allow"
        Principal = { Federated = local.provider_arn }
        Action    = "sts:AssumeRoleWithWebIdentity"
        Condition = { StringEquals = { "${local.issuer}:aud" = "sts.amazonaws.com", "${local.issuer}:sub" = subjects } }
      }]
    })
  }

  # A plan takes no lock, so it writes nothing at all.
  read_state = [for statement in var.state_statements : statement if statement.Sid != "Lock" && statement.Sid != "State"]

  policies = {
    plan = concat(local.read_state, [{
      Sid      = "ReadState", Effect = "Allow", Action = ["s3:GetObject"]
      Resource = flatten([for statement in var.state_statements : statement.Resource if statement.Sid == "State"])
    }])
    apply = var.state_statements
    push = [
      { Sid = "SignIn", Effect = "Allow", Action = ["ecr:GetAuthorizationToken"], Resource = ["*"] },
      {
        Sid = "Push", Effect = "Allow"
        Action = [
          "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:DescribeImages", "ecr:GetDownloadUrlForLayer",
          "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart",
        ]
        Resource = var.repository_arns
      },
    ]
  }
}

resource "aws_iam_openid_connect_provider" "this" {
  count = var.owns_account ? 1 : 0

  # AWS knows GitHub's certificates; thumbprints are not asked for any more.
  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]
}

# What CI may never do, whatever its policies say: make people, keys or its own boundary's end.
resource "aws_iam_policy" "boundary" {
  # checkov:skip=CKV_AWS_287:a boundary grants nothing by itself; it is the most that a role's own policies can give
  # checkov:skip=CKV_AWS_288:see above
  # checkov:skip=CKV_AWS_289:see above
  # checkov:skip=CKV_AWS_290:see above
  # checkov:skip=CKV_AWS_355:see above
  # checkov:skip=CKV_AWS_286:see above
  # checkov:skip=CKV2_AWS_40:see above
  # checkov:skip=CKV_AWS_62:see above
  # checkov:skip=CKV_AWS_63:see above
  name        = "${var.name}-ci-boundary"
  description = "The most that CI can do in ${var.name}"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "Most", Effect = "Allow", Action = "*", Resource = "*" },
      {
        Sid    = "NoPeople", Effect = "Deny"
        Action = ["iam:CreateUser", "iam:CreateAccessKey", "iam:CreateLoginProfile", "organizations:*", "account:*"], Resource = "*"
      },
      {
        Sid      = "KeepBoundary", Effect = "Deny"
        Action   = ["iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:SetDefaultPolicyVersion"]
        Resource = "${local.arn}:iam::${local.account}:policy/${var.name}-ci-boundary"
      },
      {
        Sid      = "KeepRoles", Effect = "Deny", Action = ["iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"]
        Resource = "${local.arn}:iam::${local.account}:role/${var.name}-ci-*"
      },
    ]
  })
}

resource "aws_iam_role" "this" {
  for_each = local.trust

  name                 = "${var.name}-ci-${each.key}"
  assume_role_policy   = each.value
  permissions_boundary = aws_iam_policy.boundary.arn
  max_session_duration = 3600
}

resource "aws_iam_role_policy" "this" {
  for_each = local.policies

  name   = each.key
  role   = aws_iam_role.this[each.key].name
  policy = jsonencode({ Version = "2012-10-17", Statement = each.value })
}

resource "aws_iam_role_policy_attachment" "plan" {
  role       = aws_iam_role.this["plan"].name
  policy_arn = "${local.arn}:iam::aws:policy/ReadOnlyAccess"
}

resource "aws_iam_role_policy_attachment" "apply" {
  # checkov:skip=CKV_AWS_274:it makes networks, clusters, roles and keys; the boundary and the protected environment hold it
  role       = aws_iam_role.this["apply"].name
  policy_arn = "${local.arn}:iam::aws:policy/AdministratorAccess"
}
