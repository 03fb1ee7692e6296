# The seed's range.
cidr = "10.100.0.0/16"

# One in each zone: no zone depends on another.
single_nat_gateway = false

# Secrets, images and tokens never leave AWS's network.
interface_endpoints = ["ecr.api", "ecr.dkr", "eks-auth", "kms", "logs", "secretsmanager", "sts"]
