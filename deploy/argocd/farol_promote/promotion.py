"""`make promote`: writes digests into an overlay. The change is committed and merged as a pull request; Argo CD does the rest."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from farol_native.component import StackError

IMAGES = ("gateway", "worker", "otel-collector-kubernetes")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
# The order of promotion; dev takes what was built.
BEFORE = {"staging": "dev", "prod": "staging"}


def run(root: Path, environment: str, words: Sequence[str]) -> int:
    """`staging from=dev`, or `dev gateway=sha256:… …`; all images or none, since they are released together."""
    asked = dict(word.partition("=")[::2] for word in words)
    path = overlay(root, environment)
    if set(asked) == {"from"}:
        if BEFORE.get(environment) != asked["from"]:
            raise StackError(f"{environment} takes what runs in {BEFORE.get(environment, 'no other environment')}, not in {asked['from']}")
        digests = read(overlay(root, asked["from"]).read_text())
    elif set(asked) == set(IMAGES) and environment not in BEFORE:
        digests = asked
    else:
        raise StackError(f"say from=<environment>, or for dev {' '.join(f'{name}=sha256:…' for name in IMAGES)}")
    text = written(path.read_text(), digests)
    path.write_text(text)
    for name, digest in digests.items():
        print(f"{environment}: farol/{name}@{digest}")
    print(f"commit {path.relative_to(root)} and open a pull request: merging it is the deployment, reverting it the rollback")
    return 0


def overlay(root: Path, environment: str) -> Path:
    return root / "deploy/kubernetes/overlays" / environment / "kustomization.yaml"


def read(text: str) -> dict[str, str]:
    """The digests of an overlay; the zeros that stand there before the first promotion are none."""
    found = dict(re.findall(r"- name: farol/([\w-]+)\n\s+newName: \S+\n\s+digest: (\S+)", text))
    if set(found) != set(IMAGES) or any(set(digest.removeprefix("sha256:")) == {"0"} for digest in found.values()):
        raise StackError("nothing was promoted there yet")
    return found


def written(text: str, digests: Mapping[str, str]) -> str:
    """The overlay with other digests and no other change, comments included."""
    for name, digest in digests.items():
        if not DIGEST.fullmatch(digest) or set(digest.removeprefix("sha256:")) == {"0"}:
            raise StackError(f"{name}={digest} is no digest; it is sha256: and 64 hexadecimal digits")
        text, count = re.subn(rf"(- name: farol/{name}\n\s+newName: \S+\n\s+digest: )\S+", rf"\g<1>{digest}", text)
        if count != 1:
            raise StackError(f"the overlay does not name the digest of farol/{name} once")
    return text
