output "groups" {
  description = "Per group: capacity type, instance types, sizes."
  value = {
    for name, group in aws_eks_node_group.this : name => {
      capacity_type  = group.capacity_type
      instance_types = group.instance_types
      min            = group.scaling_config[0].min_size
      max            = group.scaling_config[0].max_size
    }
  }
}

output "volume_key_arn" {
  description = "Key of volumes: `kmsKeyId` of the cluster's StorageClass."
  value       = module.volume_key.arn
}
