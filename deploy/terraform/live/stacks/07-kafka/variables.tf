variable "kafka_version" {
  description = "Kafka version, KRaft."
  type        = string
  default     = "3.9.x.kraft"
}

variable "instance_type" {
  description = "Broker type."
  type        = string
}

variable "brokers" {
  description = "Brokers."
  type        = number
  default     = 3
}

variable "storage_gib" {
  description = "Disk of each broker."
  type        = number
}

variable "partitions" {
  description = "Partitions of farol.events: as many workers can share the work."
  type        = number
}

variable "scram_users" {
  description = "SCRAM logins, for as long as programs cannot sign IAM tokens; then none."
  type        = set(string)
  default     = ["farol"]
}

variable "scram_passwords" {
  description = "Password of each SCRAM login: TF_VAR_scram_passwords='{\"farol\":\"…\"}'."
  type        = map(string)
  ephemeral   = true
  sensitive   = true
}
