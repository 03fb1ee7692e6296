cidr = "10.102.0.0/16"

# One gateway for all zones: its zone's loss cuts the others off the internet. The seed had one in each of two zones.
single_nat_gateway = true

# Seven addresses in three zones would cost more than the traffic that they keep off the NAT gateway here.
interface_endpoints = []
