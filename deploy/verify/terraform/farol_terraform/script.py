"""live/tf as people type it: the first bucket's state begins on disk and is moved into the bucket, then a stack is planned."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from .live import BACKEND, SECRETS, STATE_OPTIONS
from .moto import served
from .terraform import Failed, Terraform, run

BUCKET = "farol-dev-tfstate-000000000000-us-east-2"


def worked(terraform: Terraform, tree: Path) -> str:
    """Lints the script, then bootstraps and plans with it against moto."""
    run([str(terraform.tools.yaml / "bin/shellcheck"), str(tree / "live/tf")], tree, terraform.env)
    with tempfile.TemporaryDirectory(prefix="farol-script-") as name, served(terraform.tools) as moto:
        copy = Path(name) / "terraform"
        shutil.copytree(tree, copy, ignore=shutil.ignore_patterns(".terraform", ".data"))
        # The stub makes no bucket: moto's has to be there, as AWS's would be after the apply.
        moto.make_bucket(BUCKET)
        with (copy / "live/dev/backend.hcl").open("a") as backend:
            backend.writelines(f"{pair}\n" for pair in BACKEND)
        env = {**terraform.env, **moto.env, **SECRETS, "TF_VAR_state_options": STATE_OPTIONS}
        run([str(copy / "live/tf"), "dev", "00-remote-state", "bootstrap", "-auto-approve", "-no-color"], copy, env)
        if (copy / "live/stacks/00-remote-state/backend_override.tf").exists():
            raise Failed("the bootstrap left its override behind")
        if b"aws_s3_bucket" not in moto.request("GET", f"/{BUCKET}/00-remote-state/terraform.tfstate"):
            raise Failed("the bucket's own state is not in the bucket")
        said = run([str(copy / "live/tf"), "dev", "01-vpc", "plan", "-no-color"], copy, env)
        if "to add, 0 to change, 0 to destroy" not in said:
            raise Failed(f"the plan says something else:\n{said}")
    return "bootstraps, moves its state, plans"
