mock_provider "aws" {
  source = "../mocks"
}

variables {
  name        = "farol-test"
  environment = "test"
  region      = "us-east-2"
  secrets     = { gateway-keys = "digests of the gateway's keys" }
}

run "service_accounts_of_farol_have_a_role_each" {
  assert {
    condition = alltrue([
      for name in ["farol-gateway", "farol-worker", "farol-migrate"] :
      output.pod_roles[name].namespace == "farol" && output.pod_roles[name].service_account == name && output.pod_roles[name].name == "farol-test-${name}"
    ])
    error_message = "a role is for another service account: ${jsonencode(output.pod_roles)}"
  }
}

run "a_role_is_trusted_to_pods_of_this_cluster_only" {
  assert {
    condition = jsondecode(output.pod_trust_policy).Statement == [{
      Effect    = "Allow"
      Principal = { Service = "pods.eks.amazonaws.com" }
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Condition = {
        StringEquals = { "aws:SourceAccount" = "123456789012" }
        ArnEquals    = { "aws:SourceArn" = "arn:aws:eks:us-east-2:123456789012:cluster/farol-test" }
      }
    }]
    error_message = "the trust policy is ${output.pod_trust_policy}"
  }
}

run "secrets_are_named_encrypted_and_read_by_one" {
  assert {
    condition     = output.secret_names == tolist(["farol/test/gateway-keys"])
    error_message = "the secrets are ${jsonencode(output.secret_names)}"
  }
  assert {
    condition     = alltrue([for secret in aws_secretsmanager_secret.this : secret.kms_key_id == output.secrets_key_arn])
    error_message = "a secret has no key of ours"
  }
  assert {
    condition     = [for name, policy in aws_iam_role_policy.pod : name if strcontains(policy.policy, "secretsmanager:GetSecretValue")] == ["external-secrets"]
    error_message = "others than External Secrets read secrets"
  }
  assert {
    condition = (jsondecode(aws_iam_role_policy.pod["external-secrets"].policy).Statement[0].Resource
    == "arn:aws:secretsmanager:us-east-2:123456789012:secret:farol/test/*")
    error_message = "External Secrets reads other environments"
  }
}

run "nodes_pull_images_and_little_else" {
  assert {
    condition = toset(keys(aws_iam_role_policy_attachment.node)) == toset([
      "AmazonEC2ContainerRegistryPullOnly", "AmazonEKSWorkerNodeMinimalPolicy", "AmazonSSMManagedInstanceCore",
    ])
    error_message = "nodes may more: ${jsonencode(keys(aws_iam_role_policy_attachment.node))}"
  }
}

run "only_nodes_of_this_cluster_are_scaled" {
  assert {
    condition = alltrue([
      for s in jsondecode(aws_iam_role_policy.pod["cluster-autoscaler"].policy).Statement :
      s.Condition.StringEquals["aws:ResourceTag/k8s.io/cluster-autoscaler/farol-test"] == "owned"
      if contains(s.Action, "autoscaling:SetDesiredCapacity")
    ])
    error_message = "the autoscaler may change other clusters' groups"
  }
}

run "two_roles_for_one_service_account_are_refused" {
  command = plan
  variables {
    service_accounts = {
      a = { namespace = "farol", service_account = "farol-gateway" }
      b = { namespace = "farol", service_account = "farol-gateway" }
    }
  }
  expect_failures = [var.service_accounts]
}
