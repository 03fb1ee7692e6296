"""Judges the manifests of deploy/ without a cluster."""
