variable "name" {
  description = "Prefix of the key's name, e.g. `farol-dev`."
  type        = string
}

variable "region" {
  description = "Region of the registry."
  type        = string
}

variable "prefix" {
  description = "First part of repositories' names."
  type        = string
  default     = "farol"
}

variable "repositories" {
  description = "Repositories, one per program; farol-worker also holds the migrations."
  type        = set(string)
  default     = ["gateway", "worker", "farolctl", "otel-collector-kubernetes"]
}

variable "keep_images" {
  description = "How many tagged images are kept in each repository, as in the seed."
  type        = number
  default     = 10

  validation {
    condition     = var.keep_images >= 10
    error_message = "Fewer than ten would take the images that a rollback needs."
  }
}

variable "owns_registry" {
  description = "Whether this environment sets what a registry has once per account and region: scanning and pull-through."
  type        = bool
  default     = true
}

variable "pull_through" {
  description = "Public registries that are cached, by the prefix they get here; those that need a password are left out."
  type        = map(string)
  default = {
    kubernetes = "registry.k8s.io"
    quay       = "quay.io"
    public     = "public.ecr.aws"
  }
}
