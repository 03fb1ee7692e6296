"""A real kube-apiserver on an etcd of its own, which is given everything that a cluster would be given, as dry runs."""
