"""Farol's local stack without a container engine: real components, loopback only, one folder."""
