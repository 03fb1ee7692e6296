variable "alarm_emails" {
  description = "Who gets alarms."
  type        = set(string)
}

variable "monthly_budget_usd" {
  description = "Budget per month."
  type        = number
}

variable "rds_storage_gib" {
  description = "First storage size of PostgreSQL, as in 06-rds."
  type        = number
}
