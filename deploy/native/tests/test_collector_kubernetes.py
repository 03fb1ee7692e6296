"""The collector of Kubernetes says what other files say: attributes of the contract, modules of both manifests, wiring of the pods."""

from __future__ import annotations

import re
import subprocess
import unittest

from context_fixture import ROOT, ContextTest

from farol_native.collector_check import run, tier

FOLDER = ROOT / "otel-collector"
GATEWAY = (FOLDER / "kubernetes/gateway.yaml").read_text()
AGENT = (FOLDER / "kubernetes/agent.yaml").read_text()
CONTRACT = (ROOT / "docs/TELEMETRY.md").read_text()
# What the SDK says of itself, and what the bridge from log lines to spans' events adds.
OF_LIBRARIES = {"telemetry.sdk.name", "telemetry.sdk.language", "telemetry.sdk.version", "level", "target", "event.name"}


def column(header: str, number: int) -> set[str]:
    """The words in backticks of one column of a table of the contract."""
    rows = CONTRACT.split(header, 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return {word for row in rows for word in re.findall(r"`([^`]+)`", row.split("|")[number])}


class Redaction(unittest.TestCase):
    def test_the_attributes_that_are_stored_are_those_of_the_contract_and_of_the_resources(self) -> None:
        listed = re.sub(r"#.*", "", re.search(r"allowed_keys: \[(.*?)\n    \]", GATEWAY, re.DOTALL)[1])
        allowed = [key for key in re.split(r"[,\s]+", listed) if key]
        self.assertEqual(len(allowed), len(set(allowed)))
        switches = next(line for line in CONTRACT.splitlines() if "`OTEL_SERVICE_NAME`" in line)
        resources = set(re.findall(r"`(service\.[a-z.]+)`", switches))
        overlays = (ROOT / "deploy/kubernetes/overlays").glob("*/kustomization.yaml")
        given = {name for path in overlays for name in re.findall(r"OTEL_RESOURCE_ATTRIBUTES=([\w.]+)=", path.read_text())}
        pods = set(re.search(r"metadata: \[(.*?)\]", AGENT)[1].split(", "))
        spans, lines = column("| span | kind |", 4), column("| event.name | level |", 4)
        self.assertTrue(resources and given and pods and spans and lines)
        self.assertEqual(set(allowed), resources | given | pods | spans | lines | OF_LIBRARIES)

    def test_every_pipeline_of_both_tiers_masks_secrets(self) -> None:
        for name, text in (("agent", AGENT), ("gateway", GATEWAY)):
            processors = re.findall(r"processors: \[(.*)\]", text)
            self.assertTrue(processors, name)
            for listed in processors:
                self.assertTrue(listed.startswith("memory_limiter, "), listed)
                self.assertIn("redaction/secrets", listed)


class Manifest(unittest.TestCase):
    def test_the_distribution_has_the_modules_of_both_manifests_in_their_sections(self) -> None:
        merged = self.merged("builder-kubernetes.yaml")
        for name in ("builder.yaml", "builder-kubernetes.yaml"):
            for section, module in modules((FOLDER / name).read_text()):
                self.assertIn((section, module), modules(merged))
        versions = {module.rpartition(" ")[2] for _, module in modules(merged) if "/confmap/provider/" not in module}
        self.assertEqual(len(versions), 1, versions)

    def test_a_section_that_the_first_manifest_has_not_is_refused(self) -> None:
        lost = "sinks:\n  - gomod: example.org/sink v0.158.0\n"
        words = ["awk", "-f", str(FOLDER / "manifest.awk"), "-", str(FOLDER / "builder.yaml")]
        result = subprocess.run(words, input=lost, capture_output=True, text=True, check=False)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("sinks:", result.stderr)

    def merged(self, name: str) -> str:
        words = ["awk", "-f", str(FOLDER / "manifest.awk"), str(FOLDER / name), str(FOLDER / "builder.yaml")]
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout


class Pods(ContextTest):
    def test_pods_read_the_files_that_the_check_runs(self) -> None:
        for name, files in (("agent", tier.AGENT), ("gateway", tier.GATEWAY)):
            pod = (ROOT / f"deploy/kubernetes/tracing/{name}.yaml").read_text()
            given = re.search(r"args: \[(.*)\]", pod)[1].split(", ")
            self.assertEqual(given, [f"--config=/etc/otel/{file.rpartition('/')[2]}" for file in files])
            self.assertEqual(run.CONFIGURATIONS[name], files)

    def test_the_agents_know_every_collector_by_its_name(self) -> None:
        pod = (ROOT / "deploy/kubernetes/tracing/gateway.yaml").read_text()
        replicas = int(re.search(r"^  replicas: (\d+)$", pod, re.MULTILINE)[1])
        host = "otel-gateway.tracing.svc.cluster.local:4317"
        self.assertEqual(re.findall(r"- (otel-gateway-\S+)", AGENT), [f"otel-gateway-{number}.{host}" for number in range(replicas)])
        self.assertIn("kind: StatefulSet", pod)

    def test_the_disk_holds_the_queue_and_the_file_of_a_compaction(self) -> None:
        pod = (ROOT / "deploy/kubernetes/tracing/gateway.yaml").read_text()
        folder = re.search(r"directory: \$\{env:FAROL_COLLECTOR_QUEUE:-(\S+)\}", GATEWAY)[1]
        self.assertIn(f"mountPath: {folder}\n", pod)
        claim = int(re.search(r"storage: (\d+)Gi", pod)[1]) << 30
        self.assertLessEqual(2 * int(re.search(r"max_size: (\d+)", GATEWAY)[1]), claim)


def modules(text: str) -> set[tuple[str, str]]:
    """(section, module and version) of a builder manifest."""
    found, section = set(), ""
    for line in text.splitlines():
        if re.match(r"[a-z]+:", line):
            section = line
        elif match := re.match(r"\s+- gomod: (.+)", line):
            found.add((section, match[1]))
    return found


if __name__ == "__main__":
    unittest.main()
