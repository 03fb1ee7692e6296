# t3.small has no auto-tune and a small heap; three nodes in three zones, and masters of their own.
instance_type = "m7g.large.search"
data_nodes    = 3
master_type   = "m7g.medium.search"
storage_gib   = 100
