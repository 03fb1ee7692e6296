"""Rows that are too long to stand in the file of their board."""
