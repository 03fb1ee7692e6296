# Production: every store in three zones or with a standby, longer memory. An account of its own.
environment        = "prod"
state_bucket       = "farol-prod-tfstate-000000000000-us-east-2" # the account's number in place of the zeros
log_retention_days = 365
