# The seed's groups and counts: 5 nodes, 11 at the most. All types of a group have the same size, so that pods fit anywhere.
groups = {
  on-demand = { spot = false, instance_types = ["t3.medium"], min = 1, desired = 1, max = 3 }
  spot-1    = { spot = true, instance_types = ["t3.medium", "t3a.medium", "c7i-flex.large", "c6i.large"], min = 2, desired = 2, max = 4 }
  spot-2    = { spot = true, instance_types = ["t3.large", "t3a.large", "m7i-flex.large", "m6i.large"], min = 2, desired = 2, max = 4 }
}
