# Nodes in managed groups, and the add-ons that need nodes to run on.

module "volume_key" {
  source = "../kms-key"

  name             = "${var.name}/volumes"
  description      = "Volumes of nodes and of pods in ${var.name}"
  region           = var.region
  for_node_volumes = true
}

resource "aws_launch_template" "this" {
  for_each = var.groups

  name                   = "${var.name}-${each.key}"
  update_default_version = true
  vpc_security_group_ids = [var.node_security_group_id]

  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "required"
    # One hop: pods do not reach the node's role.
    http_put_response_hop_limit = 1
  }

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_type           = "gp3"
      volume_size           = each.value.disk_gib
      encrypted             = true
      kms_key_id            = module.volume_key.arn
      delete_on_termination = true
    }
  }

  tag_specifications {
    resource_type = "instance"
    tags          = { Name = "${var.name}-${each.key}" }
  }
}

resource "aws_eks_node_group" "this" {
  for_each = var.groups

  cluster_name    = var.cluster_name
  node_group_name = "${var.name}-${each.key}"
  node_role_arn   = var.node_role_arn
  subnet_ids      = var.subnet_ids
  version         = var.kubernetes_version
  ami_type        = "AL2023_x86_64_STANDARD"
  capacity_type   = each.value.spot ? "SPOT" : "ON_DEMAND"
  instance_types  = each.value.instance_types
  labels          = { "farol.dev/capacity" = each.value.spot ? "spot" : "on-demand" }

  scaling_config {
    min_size     = each.value.min
    desired_size = each.value.desired
    max_size     = each.value.max
  }

  update_config {
    max_unavailable = 1
  }

  node_repair_config {
    enabled = true
  }

  launch_template {
    id      = aws_launch_template.this[each.key].id
    version = aws_launch_template.this[each.key].latest_version
  }

  # Only what says that it bears an interruption is placed on spot nodes.
  dynamic "taint" {
    for_each = each.value.spot && var.taint_spot ? [1] : []

    content {
      key    = "farol.dev/capacity"
      value  = "spot"
      effect = "NO_SCHEDULE"
    }
  }

  lifecycle {
    # The autoscaler owns the number from the first day on.
    ignore_changes = [scaling_config[0].desired_size]
  }
}

# Auto Scaling carries these to where the autoscaler looks for its groups.
resource "aws_autoscaling_group_tag" "autoscaler" {
  for_each = {
    for pair in setproduct(keys(var.groups), ["k8s.io/cluster-autoscaler/enabled", "k8s.io/cluster-autoscaler/${var.name}"]) :
    "${pair[0]} ${pair[1]}" => { group = pair[0], key = pair[1] }
  }

  autoscaling_group_name = aws_eks_node_group.this[each.value.group].resources[0].autoscaling_groups[0].name

  tag {
    key                 = each.value.key
    value               = "owned"
    propagate_at_launch = false
  }
}

resource "aws_eks_addon" "on_nodes" {
  for_each = {
    coredns            = jsonencode({ replicaCount = 2, podDisruptionBudget = { enabled = true, maxUnavailable = 1 } })
    aws-ebs-csi-driver = null
    metrics-server     = null
  }

  cluster_name                = var.cluster_name
  addon_name                  = each.key
  addon_version               = lookup(var.addon_versions, each.key, null)
  configuration_values        = each.value
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"

  dynamic "pod_identity_association" {
    for_each = each.key == "aws-ebs-csi-driver" ? [var.ebs_csi_role] : []

    content {
      role_arn        = pod_identity_association.value.arn
      service_account = pod_identity_association.value.service_account
    }
  }

  depends_on = [aws_eks_node_group.this]
}

# The storage driver opens volumes of pods with the same key as those of nodes.
resource "aws_iam_role_policy" "volumes" {
  name = "volume-key"
  role = var.ebs_csi_role.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
        Resource = module.volume_key.arn
      },
      {
        Effect    = "Allow"
        Action    = "kms:CreateGrant"
        Resource  = module.volume_key.arn
        Condition = { Bool = { "kms:GrantIsForAWSResource" = "true" } }
      },
    ]
  })
}
