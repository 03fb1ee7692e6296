"""A component for tests, which does what a test tells it to; its program is a small real process."""

from context_fixture import ContextTest  # noqa: F401  (makes farol_native importable)

from farol_native.component import Component, Program


class Part(Component):
    """Every answer of a component is a parameter."""

    def __init__(self, name, *, after=(), optional=False, needs=(), ports=None, command=("sleep", "60"), ready=lambda: None):
        self.name = name
        self.title = f"the part {name}"
        self.after = after
        self.optional = optional
        self.ports = ports or {}
        self.ready_seconds = 5
        self.needs = needs
        self.command = command
        self.is_ready = ready

    def prerequisites(self, ctx):
        return list(self.needs)

    def program(self, ctx):
        return Program(command=[ctx.which(self.command[0]), *self.command[1:]])

    def ready(self, ctx):
        return self.is_ready()
