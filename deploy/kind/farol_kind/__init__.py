"""Farol in one kind cluster on this machine."""
