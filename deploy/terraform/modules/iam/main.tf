# Who exists: the roles of the control plane, of nodes, and one per service account of the cluster (EKS Pod Identity), and the
# secrets that people fill. What a role may do with a store is said where the store is made, with its exact ARN.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  arn     = "arn:${data.aws_partition.current.partition}"
  account = data.aws_caller_identity.current.account_id

  # One trust policy for all: the agent vouches for the pod, and only pods of this cluster of this account.
  pod_trust = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "pods.eks.amazonaws.com" }
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account }
        ArnEquals    = { "aws:SourceArn" = "${local.arn}:eks:${var.region}:${local.account}:cluster/${var.name}" }
      }
    }]
  })

  secret_arns = "${local.arn}:secretsmanager:${var.region}:${local.account}:secret:farol/${var.environment}/*"

  # Policies that need no store: read secrets, drive load balancers, scale nodes.
  own_policies = {
    external-secrets = [
      { Effect = "Allow", Action = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"], Resource = local.secret_arns },
      { Effect = "Allow", Action = "kms:Decrypt", Resource = module.secrets_key.arn },
    ]
    cluster-autoscaler = [
      {
        Effect = "Allow"
        Action = [
          "autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeAutoScalingInstances", "autoscaling:DescribeLaunchConfigurations",
          "autoscaling:DescribeScalingActivities", "autoscaling:DescribeTags", "ec2:DescribeImages", "ec2:DescribeInstanceTypes",
          "ec2:DescribeLaunchTemplateVersions", "ec2:GetInstanceTypesFromInstanceRequirements", "eks:DescribeNodegroup",
        ]
        Resource = "*"
      },
      {
        Effect    = "Allow"
        Action    = ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"]
        Resource  = "*"
        Condition = { StringEquals = { "aws:ResourceTag/k8s.io/cluster-autoscaler/${var.name}" = "owned" } }
      },
    ]
    aws-load-balancer-controller = local.load_balancer_statements
  }

  load_balancer_tag = { "aws:ResourceTag/elbv2.k8s.aws/cluster" = var.name }

  load_balancer_statements = [
    {
      Effect = "Allow"
      Action = [
        "ec2:DescribeAccountAttributes", "ec2:DescribeAddresses", "ec2:DescribeAvailabilityZones", "ec2:DescribeInternetGateways",
        "ec2:DescribeVpcs", "ec2:DescribeVpcPeeringConnections", "ec2:DescribeSubnets", "ec2:DescribeSecurityGroups", "ec2:DescribeInstances",
        "ec2:DescribeNetworkInterfaces", "ec2:DescribeTags", "ec2:DescribeRouteTables", "ec2:GetSecurityGroupsForVpc",
        "elasticloadbalancing:Describe*", "acm:ListCertificates", "acm:DescribeCertificate",
        "wafv2:GetWebACL", "wafv2:GetWebACLForResource", "wafv2:AssociateWebACL", "wafv2:DisassociateWebACL",
      ]
      Resource = "*"
    },
    {
      Effect    = "Allow"
      Action    = ["elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:CreateTargetGroup", "elasticloadbalancing:AddTags"]
      Resource  = "*"
      Condition = { StringEquals = { "aws:RequestTag/elbv2.k8s.aws/cluster" = var.name } }
    },
    {
      Effect = "Allow"
      Action = [
        "elasticloadbalancing:CreateListener", "elasticloadbalancing:CreateRule", "elasticloadbalancing:DeleteListener",
        "elasticloadbalancing:DeleteRule", "elasticloadbalancing:DeleteLoadBalancer", "elasticloadbalancing:DeleteTargetGroup",
        "elasticloadbalancing:ModifyListener", "elasticloadbalancing:ModifyRule", "elasticloadbalancing:ModifyLoadBalancerAttributes",
        "elasticloadbalancing:ModifyTargetGroup", "elasticloadbalancing:ModifyTargetGroupAttributes", "elasticloadbalancing:RegisterTargets",
        "elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:SetSecurityGroups", "elasticloadbalancing:SetSubnets",
        "elasticloadbalancing:SetRulePriorities", "elasticloadbalancing:SetWebAcl", "elasticloadbalancing:AddListenerCertificates",
        "elasticloadbalancing:RemoveListenerCertificates", "elasticloadbalancing:RemoveTags",
      ]
      Resource  = "*"
      Condition = { StringEquals = local.load_balancer_tag }
    },
  ]
}

module "secrets_key" {
  source = "../kms-key"

  name        = "${var.name}/secrets"
  description = "Secrets Manager entries of ${var.name}"
  region      = var.region
}

# Only the name and the key: what is in a secret is put by a person or a rotation, and never passes through state.
resource "aws_secretsmanager_secret" "this" {
  for_each = var.secrets

  # checkov:skip=CKV2_AWS_57:their values come from outside AWS (digests of keys, a webhook); nothing here could make a new one
  name                    = "farol/${var.environment}/${each.key}"
  description             = each.value
  kms_key_id              = module.secrets_key.arn
  recovery_window_in_days = var.secret_recovery_days
}

resource "aws_iam_role" "cluster" {
  name = "${var.name}-cluster"

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "eks.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy_attachment" "cluster" {
  role       = aws_iam_role.cluster.name
  policy_arn = "${local.arn}:iam::aws:policy/AmazonEKSClusterPolicy"
}

resource "aws_iam_role" "node" {
  name = "${var.name}-node"

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

# Pull only; the network plugin and all else have roles of their own. SSM instead of SSH.
resource "aws_iam_role_policy_attachment" "node" {
  for_each = toset(["AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly", "AmazonSSMManagedInstanceCore"])

  role       = aws_iam_role.node.name
  policy_arn = "${local.arn}:iam::aws:policy/${each.key}"
}

resource "aws_iam_role" "pod" {
  for_each = var.service_accounts

  name               = "${var.name}-${each.key}"
  description        = "${each.value.namespace}/${each.value.service_account} of ${var.name}"
  assume_role_policy = local.pod_trust
}

resource "aws_iam_role_policy" "pod" {
  for_each = { for name, statements in local.own_policies : name => statements if contains(keys(var.service_accounts), name) }

  name   = each.key
  role   = aws_iam_role.pod[each.key].name
  policy = jsonencode({ Version = "2012-10-17", Statement = each.value })
}

resource "aws_iam_role_policy_attachment" "pod" {
  for_each = { for name, account in var.service_accounts : name => account.managed_policy if account.managed_policy != null }

  role       = aws_iam_role.pod[each.key].name
  policy_arn = "${local.arn}:iam::aws:policy/${each.value}"
}
