alarm_emails       = []
monthly_budget_usd = 700
rds_storage_gib    = 20
