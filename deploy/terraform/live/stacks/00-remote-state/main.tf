# The bucket of all states. It starts with local state: `live/tf <env> 00-remote-state bootstrap`.

module "remote_state" {
  source = "../../../modules/remote-state"

  name   = local.name
  region = var.region
}

output "remote_state" {
  description = "Everything that the module remote-state gives; later stacks read it."
  value       = module.remote_state
}
