variable "secrets" {
  description = "Secrets that people fill, by the last part of `farol/<environment>/<secret>`."
  type        = map(string)
  default = {
    database     = "JSON: username, password, host, port, dbname, ca (authorities of the region as PEM)"
    redis        = "JSON: username, password, host, port"
    kafka        = "JSON: username, password of the SCRAM login"
    keys         = "JSON: keys.json with the digests of the gateway's keys, lines of `farolctl key`"
    receipts     = "JSON: key, at least 32 random bytes that seal receipts"
    grafana      = "JSON: admin-user, admin-password"
    alertmanager = "JSON: alertmanager.yaml with its receivers"
  }
}

variable "more_secrets" {
  description = "Secrets of this environment alone."
  type        = map(string)
  default     = {}
}
