mock_provider "aws" {
  source = "../mocks"

  mock_resource "aws_eks_node_group" {
    defaults = { resources = [{ autoscaling_groups = [{ name = "asg" }], remote_access_security_group_id = "" }] }
  }
}

variables {
  name                   = "farol-test"
  region                 = "us-east-2"
  cluster_name           = "farol-test"
  kubernetes_version     = "1.35"
  node_role_arn          = "arn:aws:iam::123456789012:role/node"
  subnet_ids             = ["subnet-a", "subnet-b", "subnet-c"]
  node_security_group_id = "sg-nodes"
  ebs_csi_role           = { arn = "arn:aws:iam::123456789012:role/e", name = "e", namespace = "kube-system", service_account = "ebs-csi-controller-sa" }
  groups = {
    on-demand = { spot = false, instance_types = ["t3.medium"], min = 1, desired = 1, max = 3 }
    spot-1    = { spot = true, instance_types = ["t3.medium", "t3a.medium", "m7i-flex.large"], min = 2, desired = 2, max = 4 }
  }
}

run "disks_are_encrypted_and_metadata_is_out_of_reach_of_pods" {
  assert {
    condition = alltrue([for t in aws_launch_template.this :
      t.block_device_mappings[0].ebs[0].encrypted == "true" && t.block_device_mappings[0].ebs[0].kms_key_id == module.volume_key.arn
    ])
    error_message = "a node's disk has no key of ours"
  }
  assert {
    condition = alltrue([for t in aws_launch_template.this :
      t.metadata_options[0].http_tokens == "required" && t.metadata_options[0].http_put_response_hop_limit == 1
    ])
    error_message = "pods can take the node's role"
  }
}

run "capacity_and_counts_are_as_asked" {
  assert {
    condition     = output.groups["spot-1"].capacity_type == "SPOT" && output.groups["on-demand"].capacity_type == "ON_DEMAND"
    error_message = "capacity types are ${jsonencode(output.groups)}"
  }
  assert {
    condition     = output.groups["spot-1"].min == 2 && output.groups["spot-1"].max == 4 && length(output.groups["spot-1"].instance_types) >= 3
    error_message = "the spot group is ${jsonencode(output.groups["spot-1"])}"
  }
  assert {
    condition     = length(aws_autoscaling_group_tag.autoscaler) == 4
    error_message = "the autoscaler does not find its groups"
  }
}

run "spot_nodes_keep_others_away_when_asked" {
  variables {
    taint_spot = true
  }
  assert {
    condition     = { for name, group in aws_eks_node_group.this : name => length(group.taint) } == { on-demand = 0, spot-1 = 1 }
    error_message = "taints are wrong"
  }
}

run "addons_on_nodes" {
  assert {
    condition     = toset(keys(aws_eks_addon.on_nodes)) == toset(["coredns", "aws-ebs-csi-driver", "metrics-server"])
    error_message = "an add-on is missing"
  }
}

run "a_spot_group_of_two_types_is_refused" {
  command = plan
  variables {
    groups = {
      on-demand = { spot = false, instance_types = ["t3.medium"], min = 1, desired = 1, max = 3 }
      spot-1    = { spot = true, instance_types = ["t3.medium", "t3a.medium", "t3.medium"], min = 2, desired = 2, max = 4 }
    }
  }
  expect_failures = [var.groups]
}

run "spot_alone_is_refused" {
  command = plan
  variables {
    groups = {
      spot-1 = { spot = true, instance_types = ["t3.medium", "t3a.medium", "m7i-flex.large"], min = 2, desired = 2, max = 4 }
    }
  }
  expect_failures = [var.groups]
}
