"""The part of gateway's and worker's environment that is the same: the user's own settings, and where the servers are."""

from __future__ import annotations

from . import flag_file
from .components.kafka import COMPONENT as KAFKA
from .components.kafka import TOPIC
from .components.postgres import COMPONENT as POSTGRES
from .context import Context

# Settings of the stack itself; the programs know nothing of them.
STACK_ONLY = (
    "FAROL_HOME",
    "FAROL_ENV_FILE",
    "FAROL_STACK",
    "FAROL_PORTS",
    "FAROL_PROFILE",
    "FAROL_BIN_DIR",
    "FAROL_KEY",
    "FAROL_KAFKA_HEAP",
    # Both programs read it, and each has an address of its own here.
    "FAROL_MANAGEMENT_ADDR",
    "FAROL_JAEGER_UI_SHA256",
    "FAROL_GRAFANA_ARCHIVE_SHA256",
)


def service_environment(ctx: Context) -> dict[str, str]:
    """FAROL_* and OTEL_* settings of the user, with this stack's addresses over them."""
    addresses = {
        **KAFKA.exports(ctx),
        **POSTGRES.exports(ctx),
        "FAROL_KAFKA_TOPIC": TOPIC,
        # One broker: what the promise needs of a production topic is waived, and /version says so.
        "FAROL_DEV": "1",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{ctx.address('FAROL_OTLP_HTTP_PORT')}",
    }
    if "otel-collector" not in ctx.components:
        addresses["OTEL_SDK_DISABLED"] = "true"
    return {"FAROL_FLAGS_FILE": str(flag_file.path(ctx)), **{name: value for name, value in ctx.env.items() if is_theirs(name)}, **addresses}


def is_theirs(name: str) -> bool:
    """Whether a setting is for the programs: not a port, not an address of another stack, not of the tests."""
    if name.startswith("OTEL_"):
        return True
    stacks = name in STACK_ONLY or name.endswith(("_PORT", "_URL")) or name.startswith(("FAROL_TEST_", "FAROL_STACK"))
    return name.startswith("FAROL_") and not stacks
