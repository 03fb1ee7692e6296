variable "engine_version" {
  description = "OpenSearch version."
  type        = string
  default     = "3.5"
}

variable "instance_type" {
  description = "Type of data nodes."
  type        = string
}

variable "data_nodes" {
  description = "Data nodes."
  type        = number
}

variable "master_type" {
  description = "Type of three dedicated masters; null: none."
  type        = string
}

variable "storage_gib" {
  description = "Disk of each data node."
  type        = number
}
