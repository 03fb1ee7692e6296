"""Moves images from one environment to the next."""
