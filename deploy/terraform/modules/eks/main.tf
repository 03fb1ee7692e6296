# The control plane, who may speak to it, the add-ons that nodes need before they join, and which role a service account takes.

module "secrets_key" {
  source = "../kms-key"

  name        = "${var.name}/eks"
  description = "Kubernetes secrets of ${var.name}"
  region      = var.region
}

module "log_key" {
  source = "../kms-key"

  name        = "${var.name}/eks-logs"
  description = "Control plane logs of ${var.name}"
  region      = var.region
  for_logs    = true
}

# EKS would make the group itself, without a key and without an end.
resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/eks/${var.name}/cluster"
  retention_in_days = var.log_retention_days
  kms_key_id        = module.log_key.arn
}

resource "aws_eks_cluster" "this" {
  # checkov:skip=CKV_AWS_39:the public endpoint is off unless ranges are named, and then open to those only (tests)
  # checkov:skip=CKV_AWS_38:see above; 0.0.0.0/0 is refused by the variable's validation
  name     = var.name
  version  = var.kubernetes_version
  role_arn = var.cluster_role_arn

  deletion_protection           = var.deletion_protection
  bootstrap_self_managed_addons = false
  enabled_cluster_log_types     = ["api", "audit", "authenticator", "controllerManager", "scheduler"]

  vpc_config {
    subnet_ids              = var.subnet_ids
    security_group_ids      = [var.control_plane_security_group_id]
    endpoint_private_access = true
    endpoint_public_access  = length(var.public_access_cidrs) > 0
    public_access_cidrs     = length(var.public_access_cidrs) > 0 ? var.public_access_cidrs : null
  }

  access_config {
    authentication_mode = "API"
    # Whoever applies would be administrator for ever, without a trace in the code.
    bootstrap_cluster_creator_admin_permissions = false
  }

  encryption_config {
    resources = ["secrets"]

    provider {
      key_arn = module.secrets_key.arn
    }
  }

  # A forgotten cluster is upgraded instead of billed for extended support.
  upgrade_policy {
    support_type = "STANDARD"
  }

  depends_on = [aws_cloudwatch_log_group.this]
}

resource "aws_eks_access_entry" "this" {
  for_each = var.access

  cluster_name  = aws_eks_cluster.this.name
  principal_arn = each.value.principal_arn
}

resource "aws_eks_access_policy_association" "this" {
  for_each = var.access

  cluster_name  = aws_eks_cluster.this.name
  principal_arn = aws_eks_access_entry.this[each.key].principal_arn
  policy_arn    = "arn:aws:eks::aws:cluster-access-policy/${each.value.policy}"

  access_scope {
    type       = length(each.value.namespaces) > 0 ? "namespace" : "cluster"
    namespaces = length(each.value.namespaces) > 0 ? each.value.namespaces : null
  }
}

resource "aws_eks_pod_identity_association" "this" {
  for_each = { for name, role in var.pod_roles : name => role if name != "vpc-cni" && name != "ebs-csi" }

  cluster_name    = aws_eks_cluster.this.name
  namespace       = each.value.namespace
  service_account = each.value.service_account
  role_arn        = each.value.arn
}

# Before the first node: without the network plugin it never becomes ready.
resource "aws_eks_addon" "before_nodes" {
  for_each = {
    vpc-cni                = jsonencode({ enableNetworkPolicy = "true", env = { ENABLE_PREFIX_DELEGATION = "true" } })
    kube-proxy             = null
    eks-pod-identity-agent = null
  }

  cluster_name                = aws_eks_cluster.this.name
  addon_name                  = each.key
  addon_version               = lookup(var.addon_versions, each.key, null)
  configuration_values        = each.value
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"

  dynamic "pod_identity_association" {
    for_each = each.key == "vpc-cni" ? [var.pod_roles["vpc-cni"]] : []

    content {
      role_arn        = pod_identity_association.value.arn
      service_account = pod_identity_association.value.service_account
    }
  }
}
