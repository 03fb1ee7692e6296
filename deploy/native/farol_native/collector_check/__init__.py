"""The collector as Kubernetes runs it, on loopback: an agent, two collectors behind it, and a stand-in for Jaeger behind each."""
