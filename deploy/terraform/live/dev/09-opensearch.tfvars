# As in the seed.
instance_type = "t3.small.search"
data_nodes    = 2
master_type   = null
storage_gib   = 20
