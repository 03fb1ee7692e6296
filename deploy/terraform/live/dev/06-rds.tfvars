# The seed's db.t3.micro (1 GiB) does not hold the pools of two services; no standby here, where the seed paid for one.
instance_class        = "db.t4g.small"
multi_az              = false
storage_gib           = 20
storage_max_gib       = 50
backup_retention_days = 7
