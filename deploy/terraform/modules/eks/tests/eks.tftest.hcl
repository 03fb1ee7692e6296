mock_provider "aws" {
  source = "../mocks"

  mock_resource "aws_eks_cluster" {
    defaults = { certificate_authority = [{ data = "bW9jaw==" }] }
  }
}

variables {
  name                            = "farol-test"
  region                          = "us-east-2"
  cluster_role_arn                = "arn:aws:iam::123456789012:role/cluster"
  subnet_ids                      = ["subnet-a", "subnet-b", "subnet-c"]
  control_plane_security_group_id = "sg-1"
  pod_roles = {
    farol-gateway = { arn = "arn:aws:iam::123456789012:role/g", name = "g", namespace = "farol", service_account = "farol-gateway" }
    vpc-cni       = { arn = "arn:aws:iam::123456789012:role/c", name = "c", namespace = "kube-system", service_account = "aws-node" }
    ebs-csi       = { arn = "arn:aws:iam::123456789012:role/e", name = "e", namespace = "kube-system", service_account = "ebs-csi-controller-sa" }
  }
}

run "secrets_are_encrypted_and_all_logs_are_kept" {
  assert {
    condition = (aws_eks_cluster.this.encryption_config[0].resources == toset(["secrets"])
    && aws_eks_cluster.this.encryption_config[0].provider[0].key_arn == module.secrets_key.arn)
    error_message = "Kubernetes secrets have no key of ours"
  }
  assert {
    condition     = length(aws_eks_cluster.this.enabled_cluster_log_types) == 5
    error_message = "control plane logs are missing"
  }
  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/aws/eks/farol-test/cluster" && aws_cloudwatch_log_group.this.kms_key_id == module.log_key.arn
    error_message = "logs go elsewhere, or without a key"
  }
}

run "the_api_server_is_private_unless_ranges_are_named" {
  assert {
    condition     = aws_eks_cluster.this.vpc_config[0].endpoint_private_access && !aws_eks_cluster.this.vpc_config[0].endpoint_public_access
    error_message = "the API server can be reached from outside"
  }
}

run "named_ranges_reach_the_api_server" {
  variables {
    public_access_cidrs = ["203.0.113.0/24"]
  }
  assert {
    condition     = aws_eks_cluster.this.vpc_config[0].public_access_cidrs == toset(["203.0.113.0/24"])
    error_message = "others than the named ranges reach the API server"
  }
}

run "the_world_is_refused" {
  command = plan
  variables {
    public_access_cidrs = ["0.0.0.0/0"]
  }
  expect_failures = [var.public_access_cidrs]
}

run "access_is_by_entries_and_a_cluster_is_not_deleted_by_mistake" {
  assert {
    condition     = aws_eks_cluster.this.access_config[0].authentication_mode == "API" && !aws_eks_cluster.this.access_config[0].bootstrap_cluster_creator_admin_permissions
    error_message = "whoever applies becomes administrator"
  }
  assert {
    condition     = aws_eks_cluster.this.deletion_protection && aws_eks_cluster.this.upgrade_policy[0].support_type == "STANDARD"
    error_message = "the cluster could be deleted, or billed for extended support"
  }
}

run "a_principal_of_namespaces_has_no_more" {
  variables {
    access = {
      deployer = { principal_arn = "arn:aws:iam::123456789012:role/d", policy = "AmazonEKSEditPolicy", namespaces = ["farol"] }
      admin    = { principal_arn = "arn:aws:iam::123456789012:role/a", policy = "AmazonEKSClusterAdminPolicy" }
    }
  }
  assert {
    condition = { for name, entry in aws_eks_access_policy_association.this : name => entry.access_scope[0].type } == {
      admin = "cluster", deployer = "namespace"
    }
    error_message = "an access is wider than asked for"
  }
}

run "network_plugin_and_agent_come_before_nodes" {
  assert {
    condition     = toset(keys(aws_eks_addon.before_nodes)) == toset(["eks-pod-identity-agent", "kube-proxy", "vpc-cni"])
    error_message = "nodes could not join: ${jsonencode(keys(aws_eks_addon.before_nodes))}"
  }
  assert {
    condition     = jsondecode(aws_eks_addon.before_nodes["vpc-cni"].configuration_values).enableNetworkPolicy == "true"
    error_message = "NetworkPolicies would do nothing"
  }
  assert {
    condition     = aws_eks_addon.before_nodes["vpc-cni"].pod_identity_association != null && !contains(keys(aws_eks_pod_identity_association.this), "vpc-cni")
    error_message = "the network plugin has no role, or two"
  }
}

run "a_version_nobody_checked_is_refused" {
  command = plan
  variables {
    kubernetes_version = "1.34"
  }
  expect_failures = [var.kubernetes_version]
}
