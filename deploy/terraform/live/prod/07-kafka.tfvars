# Standard brokers: Express costs more per broker and pays off with traffic that comes and goes; there is no way back.
instance_type = "kafka.m7g.large"
storage_gib   = 100
partitions    = 12
