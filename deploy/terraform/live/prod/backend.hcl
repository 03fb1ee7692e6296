bucket = "farol-prod-tfstate-000000000000-us-east-2"
region = "us-east-2"
