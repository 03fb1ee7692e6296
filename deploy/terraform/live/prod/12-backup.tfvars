daily_days  = 35
copy_region = "us-west-2"
