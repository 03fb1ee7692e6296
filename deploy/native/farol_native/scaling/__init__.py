"""The arithmetic of the autoscalers over a load curve: our manifests' numbers, Kubernetes' and KEDA's documented rules, no cluster."""
