# The seed's type, but three: replication 3 with two in sync needs them. t3.small is for development only.
instance_type = "kafka.t3.small"
storage_gib   = 20
partitions    = 6
