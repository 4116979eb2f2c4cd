"""Registers a package folder: ``python -m tests.support.register --package DIR --model NAME`` (from ``dags/``).

Talks to the server at MLFLOW_TRACKING_URI and prints ``{"version", "digest"}``. ``--break`` registers a
copy that is broken in one way; the folder itself is left as it is.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from mlflow import MlflowClient

from retraining.package import MANIFEST_NAME, Package, check_package, digest_of, list_files
from retraining.registry import Registry, Version

EXPERIMENT = "support"
BREAKS = ("truncated-onnx", "wrong-digest", "contract", "golden")


def register_folder(
    directory: Path, model_name: str, *, alias: str | None = None, broken: str | None = None
) -> Version:
    """Registers the package as ``model_name`` (the manifest is made to say so) and moves ``alias`` to it."""
    client = MlflowClient()
    experiment = client.get_experiment_by_name(EXPERIMENT)
    experiment_id = experiment.experiment_id if experiment else client.create_experiment(EXPERIMENT)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "package"
        shutil.copytree(directory, folder)
        _rename(folder, model_name)
        package = check_package(folder, model_name=model_name)
        if broken:
            package = break_package(package, broken)
        synthetic = package.manifest["lineage"]["data"]["synthetic"]
        tags = {"candidate": "support", "synthetic": "true" if synthetic else "false"}
        run = client.create_run(experiment_id, run_name=f"register {directory.name}")
        version = Registry(model_name, client).register(package, run_id=run.info.run_id, tags=tags)
        client.set_terminated(run.info.run_id)
        if alias:
            Registry(model_name, client).point(alias, version)
    return version


def break_package(package: Package, how: str) -> Package:
    """Breaks the folder in place; the returned digest is what the registry will be told.

    truncated-onnx: half of the graph is missing, the digests agree with what is left.
    wrong-digest:   one byte of the graph changed after the manifest was written.
    contract:       a feature has a type that the schema does not know.
    golden:         the expected outputs are not what the graph answers.
    """
    graph = package.directory / "model.onnx"
    content = graph.read_bytes()
    manifest: dict[str, Any] = json.loads((package.directory / MANIFEST_NAME).read_text(encoding="utf-8"))
    if how == "truncated-onnx":
        graph.write_bytes(content[: len(content) // 2])
        manifest["files"] = list_files(package.directory)
    elif how == "wrong-digest":
        graph.write_bytes(content[:-1] + bytes([content[-1] ^ 0xFF]))
    elif how == "contract":
        manifest["features"][0]["type"] = "decimal"
    elif how == "golden":
        outputs = manifest["golden"]["outputs"]
        name = "score" if "score" in outputs else next(iter(outputs))
        outputs[name] = [_wrong(answer) for answer in outputs[name]]
    else:
        raise ValueError(f"no such break: {how}")
    _write(package.directory, manifest)
    return Package(directory=package.directory, manifest=package.manifest, digest=digest_of(package.directory))


def _wrong(answer: Any) -> Any:
    """Another value of the same type, far beyond any tolerance."""
    if isinstance(answer, list):
        return [_wrong(item) for item in answer]
    if isinstance(answer, bool):
        return not answer
    if isinstance(answer, str):
        return f"not {answer}"
    return 1 - answer if answer != 1 - answer else answer + 1


def _rename(directory: Path, model_name: str) -> None:
    manifest = json.loads((directory / MANIFEST_NAME).read_text(encoding="utf-8"))
    if manifest["model_name"] != model_name:
        _write(directory, manifest | {"model_name": model_name})


def _write(directory: Path, manifest: dict[str, Any]) -> None:
    text = json.dumps(manifest, indent=1, ensure_ascii=False)
    (directory / MANIFEST_NAME).write_text(text + "\n", encoding="utf-8")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--package", type=Path, required=True, metavar="DIR")
    parser.add_argument("--model", required=True, metavar="NAME")
    parser.add_argument("--alias")
    parser.add_argument("--break", dest="broken", choices=BREAKS)
    options = parser.parse_args()
    # MLflow prints links to stdout, which here holds nothing but the answer.
    os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"
    version = register_folder(options.package, options.model, alias=options.alias, broken=options.broken)
    print(json.dumps({"version": version.version, "digest": version.digest}))


if __name__ == "__main__":
    main()
