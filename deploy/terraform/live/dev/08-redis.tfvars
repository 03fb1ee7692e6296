# One node without a replica: Redis is an aid, and rates and receipts may be forgotten in development.
node_type = "cache.t4g.micro"
nodes     = 1
