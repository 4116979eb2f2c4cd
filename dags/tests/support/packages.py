"""Writes small real packages: ``python -m tests.support.packages OUT_DIR`` (from ``dags/``).

Prints ``{name: {"path", "digest"}}``. With ``--variant-of DIR`` it writes instead one package, ``variant``,
with the same signature as the package in DIR and other scores.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import onnx

from retraining.package import Description, Package, check_package, write_package
from tests.support.small_models import shifted_model, write_columns_package, write_tensor_package


def write_all(directory: Path) -> dict[str, Package]:
    """``tensor-a`` and ``tensor-b`` (one signature, two sets of scores) and ``columns-strings``."""
    return {
        "tensor-a": write_tensor_package(directory / "tensor-a"),
        "tensor-b": write_tensor_package(directory / "tensor-b", weights=(0.01, -0.75, 2.0), bias=0.5),
        "columns-strings": write_columns_package(directory / "columns-strings"),
    }


def write_variant(source: Path, directory: Path) -> Package:
    """A package with the signature of ``source``, other scores and golden outputs of its own."""
    manifest = check_package(source).manifest
    return write_package(
        directory,
        model=shifted_model(onnx.load(str(source / "model.onnx")), manifest),
        description=Description.of_manifest(manifest),
        golden_rows=manifest["golden"]["rows"],
        reference=manifest["reference"],
        lineage=manifest["lineage"],
        metrics=manifest["metrics"],
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out_dir", type=Path)
    parser.add_argument("--variant-of", type=Path, metavar="DIR", help="a package folder to make a variant of")
    options = parser.parse_args()
    if options.variant_of:
        packages = {"variant": write_variant(options.variant_of, options.out_dir / "variant")}
    else:
        packages = write_all(options.out_dir)
    print(
        json.dumps(
            {
                name: {"path": str(package.directory.resolve()), "digest": package.digest}
                for name, package in packages.items()
            }
        )
    )


if __name__ == "__main__":
    main()
