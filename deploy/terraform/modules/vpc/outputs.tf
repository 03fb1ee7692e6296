output "vpc_id" {
  description = "Id of the network."
  value       = aws_vpc.this.id
}

output "cidr" {
  description = "Address range of the network."
  value       = aws_vpc.this.cidr_block
}

output "public_subnet_ids" {
  description = "Public subnets, in the order of the zones."
  value       = [for az in var.azs : aws_subnet.public[az].id]
}

output "private_subnet_ids" {
  description = "Private subnets, in the order of the zones."
  value       = [for az in var.azs : aws_subnet.private[az].id]
}

output "data_subnet_ids" {
  description = "Subnets of databases and brokers, in the order of the zones."
  value       = [for az in var.azs : aws_subnet.data[az].id]
}

output "nat_gateways" {
  description = "How many NAT gateways there are."
  value       = length(aws_nat_gateway.this)
}
