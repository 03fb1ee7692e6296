daily_days  = 7
copy_region = null
