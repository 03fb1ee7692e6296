alarm_emails       = ["platform@example.com"]
monthly_budget_usd = 2800
rds_storage_gib    = 100
