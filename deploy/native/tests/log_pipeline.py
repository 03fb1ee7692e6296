"""Runs deploy/fluent-bit over lines as Fluent Bit would, by the configuration's own text; a setting that it does not know is an error.

The Lua script runs in LuaJIT, regular expressions in Python's engine: what differs between that and Fluent Bit's own is not seen here.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

Record = dict[str, Any]
CRI = re.compile(r"^(?P<time>\S+) (?P<stream>stdout|stderr) (?P<_p>[PF]) (?P<log>.*)$")
CONTAINER = re.compile(r"^(?P<pod_name>[a-z0-9.-]+)_(?P<namespace_name>[a-z0-9-]+)_(?P<container_name>.+)-(?P<docker_id>[0-9a-f]{64})\.log$")
# Fluent Bit's own, which our recording needs none of.
BUILT_IN = {"java", "python", "go", "cri", "docker"}


def load(yaml: Any, folder: Path, source: str, output: str) -> dict[str, Any]:
    """The main file with what it includes, in order; `source` and `output` stand in for the two that differ by place."""
    whole = yaml.safe_load((folder / "fluent-bit.yaml").read_text())
    found: dict[str, Any] = {"service": whole["service"], "parsers": [], "multiline_parsers": [], "pipeline": {"inputs": [], "filters": [], "outputs": []}}
    stand_ins = {"source.yaml": f"sources/{source}.yaml", "output.yaml": f"outputs/{output}.yaml"}
    for name in whole["includes"]:
        part = yaml.safe_load((folder / stand_ins.get(name, name)).read_text())
        if unknown := part.keys() - found.keys():
            raise ValueError(f"{name}: {unknown}")
        for key in ("parsers", "multiline_parsers"):
            found[key] += part.get(key, [])
        for key, entries in part.get("pipeline", {}).items():
            found["pipeline"][key] += entries
    return found


def python_regex(text: str) -> re.Pattern[str]:
    """Onigmo writes a named group without the P."""
    return re.compile(re.sub(r"\(\?<(?![=!])", "(?P<", text))


def cri(lines: Iterable[str]) -> Iterator[Record]:
    """Containerd's lines; parts (P) are joined with the whole (F) that ends them."""
    begun: dict[str, str] = {}
    for line in lines:
        match = CRI.match(line)
        if match is None:
            raise ValueError(f"not a line of CRI: {line!r}")
        stream = match["stream"]
        begun[stream] = begun.get(stream, "") + match["log"]
        if match["_p"] == "F":
            yield {"time": match["time"], "stream": stream, "_p": "F", "log": begun.pop(stream)}


class Pipeline:
    def __init__(self, config: dict[str, Any], script: str, lua_path: Path, environment: dict[str, str]):
        self.config = config
        self.environment = environment
        self.parsers = {parser["name"]: parser for parser in config["parsers"]}
        self.multiline = {parser["name"]: parser for parser in config["multiline_parsers"]}
        sys.path.insert(0, str(lua_path))
        try:
            self.lua = importlib.import_module("lupa.luajit21").LuaRuntime(unpack_returned_tuples=True)
        finally:
            sys.path.remove(str(lua_path))
        self.lua.execute(script)

    def file(self, name: str, lines: Iterable[str]) -> list[Record]:
        """What comes out for one container's file."""
        records = list(cri(lines))
        for step in self.config["pipeline"]["filters"]:
            records = getattr(self, "filter_" + step["name"])(step, name, records)
        return records

    def filter_multiline(self, step: Record, _name: str, records: list[Record]) -> list[Record]:
        key = step["multiline.key_content"]
        chosen = [name.strip() for name in step["multiline.parser"].split(",")]
        ours = [self.multiline[name]["rules"] for name in chosen if name not in BUILT_IN]
        out: list[Record] = []
        state: tuple[list[Record], str] | None = None
        for record in records:
            if state and (following := self.next_state(state[0], state[1], record[key])) and out[-1]["stream"] == record["stream"]:
                out[-1][key] += "\n" + record[key]
                state = (state[0], following)
                continue
            begun = [(rules, following) for rules in ours if (following := self.next_state(rules, "start_state", record[key]))]
            state = begun[0] if begun else None
            out.append(dict(record))
        return out

    @staticmethod
    def next_state(rules: list[Record], state: str, line: str) -> str | None:
        for rule in rules:
            if rule["state"] == state and python_regex(rule["regex"].strip("/")).search(line):
                return rule["next_state"]
        return None

    def filter_kubernetes(self, step: Record, name: str, records: list[Record]) -> list[Record]:
        if step["merge_log"]:
            raise ValueError("JSON is read by the parser filter, in one place for all sources")
        match = CONTAINER.match(name)
        if match is None:
            raise ValueError(f"{name} is not named as a container's file")
        return [{**record, "kubernetes": match.groupdict()} for record in records]

    def filter_parser(self, step: Record, _name: str, records: list[Record]) -> list[Record]:
        parser, key = self.parsers[step["parser"]], step["key_name"]
        if not step["reserve_data"]:
            raise ValueError(f"{parser['name']} would drop what the record says of its pod")
        out = []
        for record in records:
            found = self.parsed(parser, record[key]) if key in record else None
            out.append(record if found is None else {**{name: value for name, value in record.items() if name != key}, **found})
        return out

    @staticmethod
    def parsed(parser: Record, text: str) -> Record | None:
        if parser["format"] == "json":
            try:
                value = json.loads(text)
            except ValueError:
                return None
            return value if isinstance(value, dict) else None
        match = python_regex(parser["regex"]).search(text)
        return None if match is None else {name: value for name, value in match.groupdict().items() if value is not None}

    def filter_lua(self, step: Record, _name: str, records: list[Record]) -> list[Record]:
        call = self.lua.globals()[step["call"]]
        made = [call("kube.test", 0.0, self.table(record)) for record in records]
        if any(code != 2 for code, _, _ in made):
            raise ValueError("the script must keep the record's time")
        return [self.plain(record) for _, _, record in made]

    def table(self, value: Any) -> Any:
        if isinstance(value, dict):
            return self.lua.table_from({key: self.table(one) for key, one in value.items()})
        if isinstance(value, list):
            return self.lua.table_from([self.table(one) for one in value])
        return value

    def plain(self, value: Any) -> Any:
        if type(value).__name__ != "_LuaTable":
            return value
        return {key: self.plain(one) for key, one in value.items()}

    def filter_grep(self, step: Record, _name: str, records: list[Record]) -> list[Record]:
        accessor, _, pattern = step["exclude"].partition(" ")
        pattern = re.sub(r"\$\{(\w+)\}", lambda match: self.environment[match[1]], pattern)
        path = re.findall(r"\w+", accessor)
        return [record for record in records if not re.search(pattern, str(self.at(record, path) or ""))]

    @staticmethod
    def at(value: Any, path: list[str]) -> Any:
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return value
