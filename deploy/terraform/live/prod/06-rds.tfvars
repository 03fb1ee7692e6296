instance_class        = "db.t4g.medium"
multi_az              = true
storage_gib           = 100
storage_max_gib       = 500
backup_retention_days = 35
