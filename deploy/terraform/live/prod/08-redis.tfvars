# A replica in a second zone takes over, as in the seed.
node_type = "cache.t4g.small"
nodes     = 2
