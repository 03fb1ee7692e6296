"""Manifests against the sources of the programs they run: variables, probes, ports, and the time that an end takes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from . import variables
from .pods import Workload, environment, selects, workloads
from .render import Source, name_of, title

MANAGEMENT_END = 2  # seconds the gateway's management listener may take after everything else
PROBES = {"startupProbe": "/health", "livenessProbe": "/health", "readinessProbe": "/ready"}


def programs(source: Source) -> Iterator[tuple[str, Workload]]:
    for workload in workloads(source):
        if workload.name.startswith("farol-"):
            yield workload.name.removeprefix("farol-"), workload


def read(root: Path, program: str) -> variables.Variables:
    return variables.of_migration(root) if program == "migrate" else variables.of_program(root, program)


def variables_are_read(source: Source, root: Path) -> Iterator[str]:
    for program, workload in programs(source):
        known = read(root, program)
        for name in environment(source, workload):
            if not known.reads(name):
                yield f"{workload.title}: sets {name}, which {program} does not read"


def variables_are_set(sources: list[Source], root: Path) -> Iterator[str]:
    """Each variable of the programs is set somewhere, or its default is right for a written reason."""
    import yaml

    reasons = yaml.safe_load((root / "deploy/verify/left-at-default.yaml").read_text())
    known = {program: variables.of_program(root, program) for program in variables.PROGRAMS}
    names = {name for found in known.values() for name in found.names}
    given = {name for source in sources if source.is_farol for _, workload in programs(source) for name in environment(source, workload)}
    given |= {name.removesuffix("_FILE") for name in given}
    for name in sorted(names - given - set(reasons)):
        yield f"{name} is read by the code, set by no overlay, and has no reason in left-at-default.yaml"
    for name in sorted(set(reasons) - names):
        yield f"left-at-default.yaml: no code reads {name}"
    for name in sorted(set(reasons) & given):
        yield f"left-at-default.yaml: {name} is set by an overlay"


def probes(source: Source, root: Path) -> Iterator[str]:
    """Named as the program serves them, on the listener that serves them."""
    for program, workload in programs(source):
        if program == "migrate":
            continue
        container = workload.spec["containers"][0]
        served = variables.routes(root, program)
        address = environment(source, workload).get("FAROL_MANAGEMENT_ADDR") or ""
        for probe, path in PROBES.items():
            asked = container.get(probe, {}).get("httpGet", {})
            if asked.get("path") != path or path not in served:
                yield f"{workload.title}: {probe} asks {asked.get('path')}; {program} serves {path} for that"
            if str(workload.port(asked.get("port", ""))) != address.rpartition(":")[2]:
                yield f"{workload.title}: {probe} asks port {asked.get('port')}, management listens on {address or 'no port of its own'}"


def ports(source: Source, root: Path) -> Iterator[str]:
    """The ports of the pods are those the programs are told to listen on."""
    told = {"http": "FAROL_HTTP_ADDR", "management": "FAROL_MANAGEMENT_ADDR"}
    for program, workload in programs(source):
        settings = environment(source, workload)
        for name, number in workload.ports.items():
            if (settings.get(told.get(name, "")) or "") != f"0.0.0.0:{number}":
                yield f"{workload.title}: port {name} is {number}, {told.get(name)} says {settings.get(told.get(name, ''))}"
        if program == "gateway" and set(workload.ports) != set(told):
            yield f"{workload.title}: has the ports {', '.join(workload.ports)}, not http and management"


def monitored(source: Source, root: Path) -> Iterator[str]:
    """Monitor, Service, policy and listener agree on the port that metrics come from."""
    for program, workload in programs(source):
        if program == "migrate":
            continue
        monitors = [monitor for monitor in source.of("ServiceMonitor") if name_of(monitor) == workload.name]
        services = [service for service in source.of("Service") if service["metadata"].get("labels", {}).get("app.kubernetes.io/component") == program]
        if len(monitors) != 1 or len(services) != 1:
            yield f"{workload.title}: {len(monitors)} monitors and {len(services)} services"
            continue
        monitor, service = monitors[0]["spec"], services[0]
        if not selects(monitor["selector"], service["metadata"]["labels"]):
            yield f"ServiceMonitor/{workload.name} does not choose {title(service)}"
        if monitor.get("jobLabel") != "app.kubernetes.io/component":
            yield f"ServiceMonitor/{workload.name}: the job would not be {program}, which the rules ask for"
        service_ports = {port["name"]: port["targetPort"] for port in service["spec"]["ports"]}
        for endpoint in monitor["endpoints"]:
            number = workload.port(service_ports.get(endpoint["port"], ""))
            if number is None or number != workload.ports.get("management"):
                yield f"ServiceMonitor/{workload.name}: asks port {endpoint['port']}, metrics are on the management listener"
            if endpoint.get("path") not in variables.routes(root, program):
                yield f"ServiceMonitor/{workload.name}: asks {endpoint.get('path')}, which {program} does not serve"


def ends_in_time(source: Source, root: Path) -> Iterator[str]:
    """Nobody is killed while draining."""
    for program, workload in programs(source):
        if program == "migrate":
            continue
        steps = ("FAROL_SHUTDOWN_WAIT", "FAROL_SHUTDOWN_TIMEOUT", "FAROL_FLUSH_TIMEOUT") if program == "gateway" else ("FAROL_FLUSH_TIMEOUT",)
        settings = environment(source, workload)
        taken = sum(
            variables.seconds(value) if (value := settings.get(step)) else variables.default_duration(root, program, step) for step in steps
        )
        grace = workload.spec.get("terminationGracePeriodSeconds", 30)
        if grace < taken + MANAGEMENT_END + 5:
            yield f"{workload.title}: its end may take {taken:.0f} s and the listener's {MANAGEMENT_END} s, it is killed after {grace} s"


CHECKS = (variables_are_read, probes, ports, monitored, ends_in_time)
