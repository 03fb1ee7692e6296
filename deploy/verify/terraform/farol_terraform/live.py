"""The stacks of an environment, applied in order against the stub with their states in moto: outputs meet inputs for real."""

from __future__ import annotations

import json
import re
import subprocess
import time
import urllib.error
from pathlib import Path
from typing import Any

from .moto import Moto, served
from .terraform import NICE, Failed, Terraform

PASSWORD = "never-in-state-Zq7"
BACKEND = ("use_path_style=true", "skip_credentials_validation=true", "skip_requesting_account_id=true", "skip_region_validation=true")
STATE_OPTIONS = "{" + ",".join(f'{pair.split("=")[0]}="true"' for pair in BACKEND) + "}"
SECRETS = {
    "TF_VAR_scram_passwords": json.dumps({"farol": PASSWORD}),
    "TF_VAR_passwords": json.dumps({"gateway": PASSWORD}),
}


def stacks(live: Path) -> list[Path]:
    """In the order in which they are made."""
    return sorted(path for path in (live / "stacks").iterdir() if path.name[:2].isdigit())


def environments(live: Path) -> list[str]:
    return sorted(path.parent.name for path in live.glob("*/common.tfvars"))


def apply_all(terraform: Terraform, live: Path, environment: str, facts: Path) -> str:
    """Applies every stack, plans it again, tries the lock, and keeps what the states say in `facts`."""
    with served(terraform.tools) as moto:
        bucket = f"farol-{environment}-tfstate-000000000000-us-east-2"
        moto.make_bucket(bucket)
        found: dict[str, Any] = {}
        for stack in stacks(live):
            found[stack.name] = one(terraform, moto, live, environment, stack, bucket)
        locked(terraform, moto, live, environment, bucket)
    resources = sum(len(resource["instances"]) for state in found.values() for resource in state["resources"])
    facts.write_text(json.dumps(found))
    return f"{len(found)} stacks, {resources} resources, second plan empty, lock held"


def apply_until(terraform: Terraform, live: Path, environment: str, last: str) -> None:
    """Applies the stacks that `last` reads from, and `last` itself."""
    with served(terraform.tools) as moto:
        bucket = f"farol-{environment}-tfstate-000000000000-us-east-2"
        moto.make_bucket(bucket)
        for stack in needed(live, last):
            one(terraform, moto, live, environment, stack, bucket)


def needed(live: Path, last: str) -> list[Path]:
    """A stack and those whose states it reads, and so on, in order."""
    found = {last}
    for stack in reversed(stacks(live)):
        if stack.name in found:
            found.update(re.findall(r'key = "([^"/]+)/terraform.tfstate"', (stack / "main.tf").read_text()))
    return [stack for stack in stacks(live) if stack.name in found]


def one(terraform: Terraform, moto: Moto, live: Path, environment: str, stack: Path, bucket: str) -> dict[str, Any]:
    """One stack's state after an apply whose second plan is empty."""
    env = {**moto.env, **SECRETS}
    initialise(terraform, moto, stack, live, environment, f"{stack.name}/terraform.tfstate", env)
    words = values(live, environment, stack)
    terraform(stack, "apply", "-auto-approve", "-no-color", *words, env=env)
    said = terraform(stack, "plan", "-detailed-exitcode", "-no-color", *words, env=env, expect=(0, 2))
    if "No changes." not in said:
        raise Failed(f"a second plan of {environment}/{stack.name} still changes something:\n{said}")
    text = moto.request("GET", f"/{bucket}/{stack.name}/terraform.tfstate").decode()
    if PASSWORD in text:
        raise Failed(f"the state of {environment}/{stack.name} holds a password")
    return json.loads(text)


def values(live: Path, environment: str, stack: Path) -> list[str]:
    folder = live / environment
    files = [f"-var-file={folder}/common.tfvars", f"-var-file={folder}/{stack.name}.tfvars"]
    return [*files, "-var", f"state_options={STATE_OPTIONS}"]


def initialise(
    terraform: Terraform, moto: Moto, stack: Path, live: Path, environment: str, key: str, env: dict[str, str]
) -> None:
    backend = [f"-backend-config={live / environment}/backend.hcl", f"-backend-config=key={key}"]
    backend += [f"-backend-config={pair}" for pair in BACKEND]
    terraform(stack, "init", "-reconfigure", "-no-color", *backend, env=env)


def locked(terraform: Terraform, moto: Moto, live: Path, environment: str, bucket: str) -> None:
    """While one apply waits for its answer another plan is refused; when it is gone, so is the lock."""
    stack = stacks(live)[1]
    key = "lock/terraform.tfstate"
    lock = f"/{bucket}/{key}.tflock"
    first = {**moto.env, **SECRETS, "FAROL_LOCK": "first"}
    second = {**moto.env, **SECRETS, "FAROL_LOCK": "second"}
    for env in (first, second):
        initialise(terraform, moto, stack, live, environment, key, env)
    words = values(live, environment, stack)
    holder = waiting_apply(terraform, stack, words, first)
    try:
        until(moto, lock, there=True)
        said = terraform(stack, "plan", "-no-color", "-lock-timeout=0s", *words, env=second, expect=(0, 1))
        if "Error acquiring the state lock" not in said:
            raise Failed(f"a plan went through while an apply held the lock:\n{said}")
    finally:
        # The answer "no" ends the apply in order; it lets go of its lock.
        holder.communicate("no\n", timeout=60)
    until(moto, lock, there=False)
    terraform(stack, "plan", "-no-color", *words, env=second)


def waiting_apply(terraform: Terraform, stack: Path, words: list[str], env: dict[str, str]) -> subprocess.Popen[str]:
    merged = {**terraform.env, "TF_DATA_DIR": str(terraform.data(stack, env)), **env, "TF_INPUT": "1"}
    command = [*NICE, terraform.tools.terraform, "apply", "-no-color", *words]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=stack, env=merged, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True)


def until(moto: Moto, path: str, *, there: bool) -> None:
    deadline = time.monotonic() + 60
    while exists(moto, path) != there:
        if time.monotonic() > deadline:
            raise Failed(f"the lock {path} {'never came' if there else 'stayed'}")
        time.sleep(0.1)


def exists(moto: Moto, path: str) -> bool:
    try:
        moto.request("GET", path)
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise
        return False
    return True
