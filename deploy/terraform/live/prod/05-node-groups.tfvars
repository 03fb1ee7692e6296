# The on-demand group carries what must not vanish with spot capacity: one node per zone where the seed had one at all.
groups = {
  on-demand = { spot = false, instance_types = ["m7i-flex.large"], min = 3, desired = 3, max = 6 }
  spot-1    = { spot = true, instance_types = ["t3.large", "t3a.large", "m7i-flex.large", "m6i.large"], min = 2, desired = 2, max = 4 }
  spot-2    = { spot = true, instance_types = ["m7i.xlarge", "m7a.xlarge", "m6i.xlarge", "m6a.xlarge"], min = 2, desired = 2, max = 4 }
}
