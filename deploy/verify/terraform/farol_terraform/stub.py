"""A provider that knows only the schema of hashicorp/aws: Terraform checks shape and wiring against it, nothing reaches AWS.

It prints the value for TF_REATTACH_PROVIDERS and serves until its standard input ends.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc

from farol_terraform import values

ADDRESS = "registry.terraform.io/hashicorp/aws"
NESTING = {"single": 1, "list": 2, "set": 3, "map": 4}


class Provider:
    """The calls of Terraform's plugin protocol 6 that a run without imports makes."""

    def __init__(self, pb: Any, schema: dict[str, Any]) -> None:
        self.pb = pb
        self.resources = schema["resources"]
        self.data_sources = schema["data_sources"]
        for block in self.resources.values():
            mark_write_only(block)
        self.answer = pb.GetProviderSchema.Response(
            provider=self.schema(schema["provider"]),
            resource_schemas={name: self.schema(block) for name, block in self.resources.items()},
            data_source_schemas={name: self.schema(block) for name, block in self.data_sources.items()},
            server_capabilities=pb.ServerCapabilities(get_provider_schema_optional=True),
        )

    def schema(self, block: dict[str, Any]) -> Any:
        return self.pb.Schema(version=0, block=self.block(block))

    def block(self, block: dict[str, Any]) -> Any:
        attributes = [
            self.pb.Schema.Attribute(
                name=name,
                type=json.dumps(a["type"]).encode(),
                required=a["required"],
                optional=a["optional"],
                computed=a["computed"],
                write_only=a.get("write_only", False),
            )
            for name, a in sorted(block["attributes"].items())
        ]
        blocks = [
            self.pb.Schema.NestedBlock(
                type_name=name,
                block=self.block(nested),
                nesting=NESTING[nested["nesting"]],
                min_items=nested["min"],
                max_items=nested["max"],
            )
            for name, nested in sorted(block["blocks"].items())
        ]
        return self.pb.Schema.Block(attributes=attributes, block_types=blocks)

    def value(self, value: Any) -> Any:
        return self.pb.DynamicValue(msgpack=values.encode(value))

    # --- The protocol ---------------------------------------------------------------------------------------------

    def GetProviderSchema(self, _request: Any, _context: Any) -> Any:
        return self.answer

    def GetMetadata(self, _request: Any, _context: Any) -> Any:
        meta = self.pb.GetMetadata
        return meta.Response(
            server_capabilities=self.answer.server_capabilities,
            resources=[meta.ResourceMetadata(type_name=name) for name in self.resources],
            data_sources=[meta.DataSourceMetadata(type_name=name) for name in self.data_sources],
        )

    def ValidateProviderConfig(self, _request: Any, _context: Any) -> Any:
        return self.pb.ValidateProviderConfig.Response()

    def ConfigureProvider(self, _request: Any, _context: Any) -> Any:
        return self.pb.ConfigureProvider.Response()

    def GetResourceIdentitySchemas(self, _request: Any, _context: Any) -> Any:
        return self.pb.GetResourceIdentitySchemas.Response()

    def GetFunctions(self, _request: Any, _context: Any) -> Any:
        return self.pb.GetFunctions.Response()

    def StopProvider(self, _request: Any, _context: Any) -> Any:
        return self.pb.StopProvider.Response()

    def ValidateResourceConfig(self, request: Any, _context: Any) -> Any:
        found = self.diagnostics(self.resources[request.type_name], request.config)
        return self.pb.ValidateResourceConfig.Response(diagnostics=found)

    def ValidateDataResourceConfig(self, request: Any, _context: Any) -> Any:
        found = self.diagnostics(self.data_sources[request.type_name], request.config)
        return self.pb.ValidateDataResourceConfig.Response(diagnostics=found)

    def diagnostics(self, block: dict[str, Any], config: Any) -> list[Any]:
        return [
            self.pb.Diagnostic(
                severity=self.pb.Diagnostic.ERROR,
                summary=text,
                attribute=self.pb.AttributePath(steps=[self.pb.AttributePath.Step(attribute_name=path[0])]),
            )
            for path, text in values.mistakes(block, values.decode(config.msgpack))
        ]

    def UpgradeResourceState(self, request: Any, _context: Any) -> Any:
        state = json.loads(request.raw_state.json)
        return self.pb.UpgradeResourceState.Response(upgraded_state=self.value(state))

    def ReadResource(self, request: Any, _context: Any) -> Any:
        return self.pb.ReadResource.Response(new_state=request.current_state, private=request.private)

    def PlanResourceChange(self, request: Any, _context: Any) -> Any:
        proposed = values.decode(request.proposed_new_state.msgpack)
        prior = values.decode(request.prior_state.msgpack)
        plan = values.planned(self.resources[request.type_name], proposed, prior)
        return self.pb.PlanResourceChange.Response(planned_state=self.value(plan), planned_private=request.prior_private)

    def ApplyResourceChange(self, request: Any, _context: Any) -> Any:
        plan = values.decode(request.planned_state.msgpack)
        state = values.invented(self.resources[request.type_name], plan, request.type_name)
        return self.pb.ApplyResourceChange.Response(new_state=self.value(state))

    def ReadDataSource(self, request: Any, _context: Any) -> Any:
        block = self.data_sources[request.type_name]
        asked = values.planned(block, values.decode(request.config.msgpack), None)
        return self.pb.ReadDataSource.Response(state=self.value(values.invented(block, asked, request.type_name)))


def mark_write_only(block: dict[str, Any]) -> None:
    """The package does not say which arguments are write-only; the provider ends their names in _wo."""
    for name, attribute in block["attributes"].items():
        if name.endswith("_wo") and (attribute["optional"] or attribute["required"]):
            attribute |= {"write_only": True, "computed": False}
    for nested in block["blocks"].values():
        mark_write_only(nested)


def main() -> int:
    """protocol folder, schema, socket."""
    protocol, schema, socket = sys.argv[1:4]
    sys.path.insert(0, protocol)
    pb = importlib.import_module("tfplugin6_pb2")
    rpc = importlib.import_module("tfplugin6_pb2_grpc")
    kind = type("Stub", (Provider, rpc.ProviderServicer), {})
    # Schemas are larger than gRPC's 4 MiB.
    limits = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]
    server = grpc.server(ThreadPoolExecutor(8), options=limits)
    rpc.add_ProviderServicer_to_server(kind(pb, json.loads(Path(schema).read_text())), server)
    if server.add_insecure_port(f"unix:{socket}") == 0:
        raise SystemExit(f"{socket} cannot be listened on")
    server.start()
    address = {"Network": "unix", "String": socket}
    config = {"Protocol": "grpc", "ProtocolVersion": 6, "Pid": os.getpid(), "Test": True, "Addr": address}
    print(json.dumps({ADDRESS: config}), flush=True)
    sys.stdin.read()
    server.stop(0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
