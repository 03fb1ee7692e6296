"""Grafana: on PATH, or from its official archive where that can be reached; else one line says how to have it."""

from __future__ import annotations

import platform
from pathlib import Path

from ..component import Component, Program, StackError
from ..context import Context
from ..download import fetch_archive
from ..fingerprint import fingerprint
from ..http_probe import not_ready

VERSION = "12.0.2"
# Machine -> name in the archive's address, and the sha256 its publisher gives.
ARCHIVES = {
    "x86_64": ("amd64", "c1755b4da918edfd298d5c8d5f1ffce35982ad10e1640ec356570cfb8c34b3e8"),
    "aarch64": ("arm64", "bc0b186458cc91e2f96a06ecff2b3b4033b1a6ffd2449817e2a430a0b4ae4f12"),
}
ARCHIVE_URL = "https://dl.grafana.com/oss/release/grafana-{version}.linux-{architecture}.tar.gz"
PACKAGE_HOME = Path("/usr/share/grafana")
DEFAULTS = Path("conf") / "defaults.ini"


class Grafana(Component):
    """Boards over Prometheus and Jaeger."""

    name = "grafana"
    title = "Grafana (boards)"
    optional = True
    ports = {"FAROL_GRAFANA_PORT": 3000}
    after = ("prometheus", "jaeger")
    ready_seconds = 120

    def install(self, ctx: Context) -> None:
        installation(ctx)

    def prepare(self, ctx: Context) -> None:
        source = ctx.root / "grafana"
        files = [*(source / "provisioning").rglob("*.yml"), *(source / "dashboards").glob("*.json")]
        wanted = {ctx.render(self.name, str(path.relative_to(source)), path.read_text()) for path in files}
        for path in (ctx.run_folder(self.name) / "dashboards").glob("*.json"):
            if path not in wanted:
                path.unlink()

    def program(self, ctx: Context) -> Program:
        command, home = installation(ctx)
        return Program(
            command=[*command, "--homepath", home],
            reads=[home],
            env={
                "FAROL_PROMETHEUS_URL": f"http://{ctx.address('FAROL_PROMETHEUS_PORT')}",
                "FAROL_JAEGER_URL": f"http://{ctx.address('FAROL_JAEGER_PORT')}",
                "FAROL_ALERTMANAGER_URL": f"http://{ctx.address('FAROL_ALERTMANAGER_PORT')}",
                "FAROL_GRAFANA_DASHBOARDS": str(ctx.run_folder(self.name) / "dashboards"),
                **self.settings(ctx),
            },
        )

    def settings(self, ctx: Context) -> dict[str, str]:
        """Loopback, an account of this stack's own, nobody else, nothing sent or fetched over the network."""
        data, folder = ctx.data(self.name), ctx.run_folder(self.name)
        return {
            "GF_SERVER_HTTP_ADDR": "127.0.0.1",
            "GF_SERVER_HTTP_PORT": str(ctx.port("FAROL_GRAFANA_PORT")),
            "GF_PATHS_DATA": str(data),
            "GF_PATHS_LOGS": str(data / "log"),
            "GF_PATHS_PLUGINS": str(data / "plugins"),
            "GF_PATHS_PROVISIONING": str(folder / "provisioning"),
            "GF_LOG_MODE": "console",
            "GF_SECURITY_ADMIN_USER": "admin",
            "GF_SECURITY_ADMIN_PASSWORD": ctx.secret("grafana-admin"),
            "GF_SECURITY_SECRET_KEY": ctx.secret("grafana-key"),
            "GF_SECURITY_DISABLE_GRAVATAR": "true",
            "GF_AUTH_ANONYMOUS_ENABLED": "false",
            "GF_USERS_ALLOW_SIGN_UP": "false",
            "GF_ANALYTICS_REPORTING_ENABLED": "false",
            "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
            "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
            "GF_NEWS_NEWS_FEED_ENABLED": "false",
            "GF_PLUGINS_PREINSTALL_DISABLED": "true",
            "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH": str(folder / "dashboards" / "golden-signals.json"),
        }

    def ready(self, ctx: Context) -> str | None:
        return not_ready(f"http://{ctx.address('FAROL_GRAFANA_PORT')}/api/health")

    def url(self, ctx: Context) -> str:
        """Where a browser finds it."""
        return f"http://{ctx.address('FAROL_GRAFANA_PORT')}"

    def urls(self, ctx: Context) -> dict[str, str]:
        title = "Grafana (user admin, password FAROL_GRAFANA_PASSWORD in the stack's env file)"
        return {title: self.url(ctx)}

    def exports(self, ctx: Context) -> dict[str, str]:
        return {
            "FAROL_GRAFANA_URL": self.url(ctx),
            "FAROL_GRAFANA_PASSWORD": ctx.secret("grafana-admin"),
        }


def installation(ctx: Context) -> tuple[list[str | Path], Path]:
    """How it is started, and the folder with its pages and defaults."""
    for name, words in (("grafana", ["server"]), ("grafana-server", [])):
        found = ctx.which(name)
        home = home_of(found) if found else None
        if found and home:
            return [found, *words], home
    home = ctx.once("grafana-archive", lambda: archive(ctx))
    assert isinstance(home, Path)
    return [home / "bin" / "grafana", "server"], home


def home_of(program: Path) -> Path | None:
    """The unpacked archive that a program on PATH belongs to, else where the packages put the pages."""
    candidates = (program.resolve().parent.parent, PACKAGE_HOME)
    return next((folder for folder in candidates if (folder / DEFAULTS).is_file()), None)


def archive(ctx: Context) -> Path:
    """The unpacked official archive; StackError with the one line that says what is missing and how to have it."""
    architecture, sha256 = ARCHIVES.get(platform.machine(), ("", ""))
    known = ARCHIVE_URL.format(version=VERSION, architecture=architecture) if architecture else ""
    url = ctx.env.get("FAROL_GRAFANA_ARCHIVE_URL") or known
    if url != known:
        sha256 = ctx.env.get("FAROL_GRAFANA_ARCHIVE_SHA256", "")
    if not url:
        raise StackError(f"no archive of Grafana is known for {platform.machine()}; put `grafana` on PATH to have the boards")

    def fetch(place: Path) -> None:
        with ctx.step(f"downloading Grafana {VERSION}"):
            fetch_archive(url, sha256, place)
        home_in(place, url)

    try:
        return home_in(ctx.cached("grafana", f"{VERSION}-{fingerprint(url, sha256)}", fetch), url)
    except StackError as error:
        raise StackError(
            f"Grafana is not here: {error}. To have the boards put `grafana` on PATH, or its archive's address in "
            "FAROL_GRAFANA_ARCHIVE_URL; metrics and alerts are in Prometheus without it"
        ) from error


def home_in(place: Path, url: str) -> Path:
    """The one folder of the archive that holds Grafana."""
    found = next(iter(place.glob(f"*/{DEFAULTS}")), None)
    if found is None or not (found.parent.parent / "bin" / "grafana").is_file():
        raise StackError(f"{url} holds no Grafana")
    return found.parent.parent


COMPONENT = Grafana()
