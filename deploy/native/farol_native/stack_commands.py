"""What `up`, `down`, `clean`, `status`, `urls`, `key` and `env` do, whichever kind of stack it is."""

from __future__ import annotations

from . import compose, native, settings, status
from .cache import Cache
from .component import StackError
from .components.gateway import key
from .context import Context
from .stack import Stack
from .supervisor import Supervisor


def up(stack: Stack) -> int:
    """Brings the stack up and says where everything is, the key, and what to type next."""
    ctx = stack.ctx
    with stack.home.lock():
        kind = compose.choose(ctx)
        running = stack.home.recorded()
        if running not in (None, kind):
            raise StackError(f"a {running} stack is up; `make down` first, then this one can start as {kind}")
        ctx.say(f"bringing Farol up, {'in containers' if kind == 'compose' else 'natively'}, in {ctx.home}")
        if kind == "compose":
            compose.up(stack)
            native.write_env(ctx, stack.components)
        else:
            native.up(stack)
    ctx.console.show(f"\n{addresses(stack)}\n\n  key  {key(ctx)}\n")
    ctx.console.show("next: make demo   (one day of real flights, each to its row)")
    return 0


def down(stack: Stack) -> int:
    """Stops whichever kind is up."""
    with stack.home.lock():
        stop(stack)
    return 0


def clean(stack: Stack) -> int:
    """Stops the stack and removes its home: data, logs, configs, passwords and the key."""
    if not stack.home.path.is_dir():
        stack.ctx.say(f"there is no {stack.home.path}; nothing to remove")
        return 0
    with stack.home.lock():
        stop(stack, volumes=True)
        stack.home.remove()
    stack.ctx.say(f"removed {stack.home.path}; `make clean-cache` also removes the tools in {stack.ctx.cache}")
    return 0


def stop(stack: Stack, *, volumes: bool = False) -> None:
    """Takes the stack down as the kind it was brought up."""
    if stack.home.recorded() == "compose":
        compose.down(stack, volumes=volumes)
        (stack.home.path / "env").unlink(missing_ok=True)
    else:
        native.down(stack)


def clean_cache(stack: Stack) -> int:
    """Removes the built and downloaded tools; refuses while the stack runs from them."""
    if Supervisor(stack.ctx).is_up():
        raise StackError("the stack runs from these tools; `make down` first")
    Cache(stack.ctx.cache).clear()
    stack.ctx.say(f"removed {stack.ctx.cache}")
    return 0


def show_status(stack: Stack) -> int:
    """The table of processes, or compose's own."""
    if stack.home.recorded() == "compose":
        compose.compose(stack.ctx, "ps", "--all")
        return 0
    return status.show(stack)


def show_logs(stack: Stack, service: str | None) -> int:
    """Follows logs until it is interrupted."""
    if stack.home.recorded() == "compose":
        compose.compose(stack.ctx, "logs", "--follow", "--tail", "100", *([service] if service else []))
        return 0
    return status.follow(stack, service)


def show_key(stack: Stack) -> int:
    """The local key alone, for `$(make -s key)`."""
    stack.ctx.console.show(key(stack.ctx))
    return 0


def show_urls(stack: Stack) -> int:
    """Where a browser finds the parts that are up."""
    stack.ctx.console.show(addresses(stack))
    return 0


def show_env(stack: Stack) -> int:
    """The env file for `eval "$(make -s env)"`: exported, because farolctl and the reader's own programs look for it too."""
    running_env(stack.ctx)
    lines = (stack.ctx.home / "env").read_text().splitlines()
    stack.ctx.console.show("\n".join(f"export {line}" for line in lines if line))
    return 0


def addresses(stack: Stack) -> str:
    """One line per address of the parts that are in this stack."""
    present = running_env(stack.ctx)
    parts = [part for part in stack.components if part.exports(stack.ctx).items() <= present.items()]
    urls = {title: url for part in parts for title, url in part.urls(stack.ctx).items()}
    width = max(map(len, urls), default=0)
    return "\n".join(f"  {title.ljust(width)}  {url}" for title, url in urls.items())


def running_env(ctx: Context) -> dict[str, str]:
    """The variables of <home>/env; StackError if no stack is up."""
    path = ctx.home / "env"
    if not path.is_file():
        raise StackError("the stack is not up; `make up` starts it")
    return settings.parse(path.read_text(), str(path))
