"""The drill of the alerts: things are broken for real on a stack of its own, and the shipped rules have to notice."""
