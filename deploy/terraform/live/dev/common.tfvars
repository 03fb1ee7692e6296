# Development: cheap, with what is lost by that said where it is chosen. An account of its own.
environment        = "dev"
state_bucket       = "farol-dev-tfstate-000000000000-us-east-2" # the account's number in place of the zeros
log_retention_days = 30
