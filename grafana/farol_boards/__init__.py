"""Grafana's boards as Python: each module of `boards` is one board, `check` judges what comes out."""
