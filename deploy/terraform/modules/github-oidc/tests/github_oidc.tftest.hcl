mock_provider "aws" {
  source = "../mocks"

  mock_resource "aws_iam_openid_connect_provider" {
    defaults = { arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
  }

  mock_resource "aws_iam_policy" {
    defaults = { arn = "arn:aws:iam::123456789012:policy/mock" }
  }
}

variables {
  name            = "farol-test"
  environment     = "test"
  repositories    = ["acme/farol", "acme@1/farol@2"]
  repository_arns = ["arn:aws:ecr:us-east-2:123456789012:repository/farol/gateway"]
  state_statements = [
    { Sid = "ListState", Effect = "Allow", Action = ["s3:ListBucket"], Resource = ["arn:aws:s3:::state"] },
    { Sid = "State", Effect = "Allow", Action = ["s3:GetObject", "s3:PutObject"], Resource = ["arn:aws:s3:::state/*.tfstate"] },
    { Sid = "Lock", Effect = "Allow", Action = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], Resource = ["arn:aws:s3:::state/*.tflock"] },
  ]
}

run "each_role_is_for_one_kind_of_job_of_this_repository" {
  assert {
    condition = { for role, policy in output.trust_policies : role => jsondecode(policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] } == {
      apply = ["repo:acme/farol:environment:test", "repo:acme@1/farol@2:environment:test"]
      plan  = ["repo:acme/farol:pull_request", "repo:acme@1/farol@2:pull_request"]
      push  = ["repo:acme/farol:environment:registry", "repo:acme@1/farol@2:environment:registry"]
    }
    error_message = "trust is ${jsonencode(output.trust_policies)}"
  }
  assert {
    condition     = alltrue([for policy in output.trust_policies : jsondecode(policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com"])
    error_message = "tokens for others are taken"
  }
}

run "a_plan_writes_nothing" {
  assert {
    condition     = !strcontains(output.policies["plan"], "Put") && !strcontains(output.policies["plan"], "Delete") && aws_iam_role_policy_attachment.plan.policy_arn == "arn:aws:iam::aws:policy/ReadOnlyAccess"
    error_message = "a plan may write: ${output.policies["plan"]}"
  }
}

run "a_push_reaches_our_repositories_only" {
  assert {
    condition     = [for s in jsondecode(output.policies["push"]).Statement : s.Resource if contains(s.Action, "ecr:PutImage")] == [["arn:aws:ecr:us-east-2:123456789012:repository/farol/gateway"]]
    error_message = "the push policy is ${output.policies["push"]}"
  }
}

run "no_role_is_without_its_boundary" {
  assert {
    condition     = alltrue([for role in aws_iam_role.this : role.permissions_boundary == aws_iam_policy.boundary.arn])
    error_message = "a role has no boundary"
  }
  assert {
    condition     = [for s in jsondecode(aws_iam_policy.boundary.policy).Statement : s.Sid if s.Effect == "Deny"] == ["NoPeople", "KeepBoundary", "KeepRoles"]
    error_message = "the boundary lets something through"
  }
}

run "any_repository_is_refused" {
  command = plan
  variables {
    repositories = ["acme/*"]
  }
  expect_failures = [var.repositories]
}
