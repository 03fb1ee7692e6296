"""Shows what runs: state, pid, memory and ports of every process, and what the stack costs in all."""

from __future__ import annotations

import os

from . import processes
from .component import Component, StackError
from .context import Context
from .stack import Stack
from .supervisor import RUNNING, Process, Supervisor

MEBIBYTE = 1024 * 1024
HEADER = ("PROCESS", "STATE", "PID", "MEMORY", "PORTS", "")


def show(stack: Stack) -> int:
    """Prints the table; the exit code says whether everything runs."""
    supervisor = Supervisor(stack.ctx)
    if not supervisor.is_up():
        raise StackError("the stack is not running; `make up` starts it")
    known = {component.name: component for component in stack.components}
    states = supervisor.processes()
    daemon = supervisor.pid()
    own = processes.own_memory_bytes(daemon)
    rows = [HEADER, *(row(stack.ctx, process, known.get(process.name)) for process in states)]
    rows.append(("supervisord", "RUNNING", str(daemon), size(own), "", "starts and restarts the others"))
    total = own + sum(memory(process) for process in states)
    stack.ctx.console.show(table(rows))
    stack.ctx.console.show(f"\n{len(states)} programs, {size(total)} in all; everything is under {stack.ctx.home}")
    return 0 if all(process.state in RUNNING for process in states) else 1


def row(ctx: Context, process: Process, component: Component | None) -> tuple[str, ...]:
    ports = " ".join(str(ctx.port(variable)) for variable in component.ports) if component else ""
    pid = str(process.pid) if process.pid else "-"
    return process.name, process.state, pid, size(memory(process)), ports, process.description


def memory(process: Process) -> int:
    return processes.memory_bytes(process.pid) if process.pid else 0


def size(number: int) -> str:
    return f"{number / MEBIBYTE:.0f} MiB"


def table(rows: list[tuple[str, ...]]) -> str:
    """Columns as wide as their widest cell."""
    widths = [max(len(cells[column]) for cells in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip() for cells in rows]
    return "\n".join(lines)


def follow(stack: Stack, service: str | None) -> int:
    """Becomes `tail -F` on the log of one service, or on those of all."""
    logs = stack.ctx.logs
    available = sorted(path.stem for path in logs.glob("*.log"))
    if service is not None and service not in available:
        raise StackError(f"there is no log of {service}; there are: {', '.join(available) or 'none yet'}")
    chosen = [service] if service is not None else [part.name for part in stack.components if part.name in available]
    if not chosen:
        raise StackError("there are no logs yet; `make up` starts the stack")
    os.execvp("tail", ["tail", "-n", "100", "-F", *(str(logs / f"{name}.log") for name in chosen)])
