variable "client_cidrs" {
  description = "Who may reach the load balancer."
  type        = list(string)
}

variable "kafka_ports" {
  description = "Ways into Kafka: 9098 (IAM), and 9096 (SCRAM) for as long as programs sign in by it."
  type        = set(number)
  default     = [9096, 9098]
}
