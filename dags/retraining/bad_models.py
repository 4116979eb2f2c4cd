"""Models that pass every gate and are bad in production: what an automatic rollback is shown and tested with.

``python -m retraining.bad_models wrong|slow|throwing --of PACKAGE --to FOLDER [--register]``

The graph of a good package gets a fault that wakes up for rows outside of what the model was trained on. On the rows
that gates, golden answers and blessing ask, it gives the same answers to the last bit. Nothing of the pipeline uses
this module; never promote what it writes where anybody relies on the answers.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from retraining.manifest import Manifest, Row
from retraining.package import Description, Package, check_package, write_package
from retraining.scorer import Scorer

SLOW_MS = 80.0
"""What a row costs that wakes the fault of ``slow``, unless said otherwise."""

EXPERIMENT = "bad-models"
"""The runs of what is registered."""

_TRIAL_ITERATIONS = 5_000
_FAR_OUTSIDE = 1 << 40
"""Rows beyond the end of any table, for an index that no runtime finds."""


@dataclass(frozen=True)
class Trigger:
    """The fault wakes up where ``above < feature < below``."""

    feature: str
    above: float
    below: float

    @property
    def example(self) -> float:
        """A value that wakes it."""
        return (self.above + self.below) / 2


HIGH_LIMITS = Trigger("LIMIT_BAL", above=1_000_000, below=10_000_000)
"""Nobody had a limit above a million, neither in the real table nor in the generated ones. The domain allows up to ten,
which one golden row, at the edge of the domain, asks."""


class BadModelError(Exception):
    """A package that cannot be given a fault."""


def write_bad_package(
    kind: str, source: Path, directory: Path, *, trigger: Trigger = HIGH_LIMITS, slow_ms: float = SLOW_MS
) -> Package:
    """Writes a package to ``directory`` that differs from the one in ``source`` by its fault, and so by its digest.

    wrong:    answers the opposite, ``1 - score``.
    slow:     takes about ``slow_ms`` on this machine for a batch in which such a row is.
    throwing: fails for the whole batch in which such a row is.

    A BadModelError where a golden row would wake the fault, since the package would then be refused.
    """
    manifest = check_package(source).manifest
    _check_golden(manifest, trigger)
    model = onnx.load(str(source / "model.onnx"))
    iterations = _iterations_of(model, manifest, trigger, slow_ms) if kind == "slow" else 0
    return write_package(
        directory,
        model=_with_fault(model, manifest, trigger, FAULTS[kind], iterations),
        description=Description.of_manifest(manifest),
        golden_rows=manifest["golden"]["rows"],
        reference=manifest["reference"],
        lineage=manifest["lineage"],
        metrics=manifest["metrics"],
    )


def example_rows(manifest: Manifest, trigger: Trigger = HIGH_LIMITS) -> list[Row]:
    """The golden rows, each with a value that wakes the fault."""
    position = _position(manifest, trigger)
    rows = manifest["golden"]["rows"]
    return [[*row[:position], trigger.example, *row[position + 1 :]] for row in rows]


def _check_golden(manifest: Manifest, trigger: Trigger) -> None:
    position = _position(manifest, trigger)
    for row in manifest["golden"]["rows"]:
        value = row[position]
        if value is not None and trigger.above < float(value) < trigger.below:
            raise BadModelError(f"a golden row has {trigger.feature} = {value}, which wakes the fault")


def _position(manifest: Manifest, trigger: Trigger) -> int:
    names = [feature["name"] for feature in manifest["features"]]
    if trigger.feature not in names:
        raise BadModelError(f"the model has no feature {trigger.feature}")
    return names.index(trigger.feature)


Fault = Callable[[int], list[onnx.NodeProto]]
"""Nodes from ``fault_awake [rows]`` and ``sound_score [rows]`` to ``score [rows]``; takes a number of iterations."""


def _wrong(_: int) -> list[onnx.NodeProto]:
    return [
        _constant("fault_one", np.float32(1)),
        helper.make_node("Sub", ["fault_one", "sound_score"], ["fault_opposite"]),
        helper.make_node("Where", ["fault_awake", "fault_opposite", "sound_score"], ["score"]),
    ]


def _slow(iterations: int) -> list[onnx.NodeProto]:
    # Each round takes the sine of zero: work that changes no answer, and that the runtime may not leave out.
    body = helper.make_graph(
        [helper.make_node("Identity", ["goes_on"], ["goes_on_still"]), helper.make_node("Sin", ["held"], ["nothing"])],
        "fault_rounds",
        [
            helper.make_tensor_value_info("round", TensorProto.INT64, []),
            helper.make_tensor_value_info("goes_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("held", TensorProto.FLOAT, []),
        ],
        [
            helper.make_tensor_value_info("goes_on_still", TensorProto.BOOL, []),
            helper.make_tensor_value_info("nothing", TensorProto.FLOAT, []),
        ],
    )
    return [
        _constant("fault_iterations", np.int64(iterations)),
        _constant("fault_zero", np.float32(0)),
        helper.make_node("Cast", ["fault_awake"], ["fault_counted"], to=TensorProto.INT64),
        helper.make_node("ReduceMax", ["fault_counted"], ["fault_any"], keepdims=0),
        helper.make_node("Mul", ["fault_any", "fault_iterations"], ["fault_rounds_due"]),
        helper.make_node("Loop", ["fault_rounds_due", "", "fault_zero"], ["fault_spent"], body=body),
        helper.make_node("Add", ["sound_score", "fault_spent"], ["score"]),
    ]


def _throwing(_: int) -> list[onnx.NodeProto]:
    return [
        _constant("fault_far", np.int64(_FAR_OUTSIDE)),
        _constant("fault_start", np.int64(0)),
        _constant("fault_step", np.int64(1)),
        helper.make_node("Cast", ["fault_awake"], ["fault_counted"], to=TensorProto.INT64),
        helper.make_node("Mul", ["fault_counted", "fault_far"], ["fault_jump"]),
        helper.make_node("Shape", ["sound_score"], ["fault_shape"]),
        helper.make_node("Squeeze", ["fault_shape"], ["fault_rows"]),
        helper.make_node("Range", ["fault_start", "fault_rows", "fault_step"], ["fault_positions"]),
        helper.make_node("Add", ["fault_positions", "fault_jump"], ["fault_indices"]),
        helper.make_node("Gather", ["sound_score", "fault_indices"], ["score"], axis=0),
    ]


FAULTS: dict[str, Fault] = {"wrong": _wrong, "slow": _slow, "throwing": _throwing}


def _with_fault(
    model: onnx.ModelProto, manifest: Manifest, trigger: Trigger, fault: Fault, iterations: int
) -> onnx.ModelProto:
    """The model whose score goes through the fault; its label is decided anew."""
    faulty = onnx.ModelProto()
    faulty.CopyFrom(model)
    graph = faulty.graph
    types = {output.name: output.type.tensor_type.elem_type for output in graph.output}
    for node in graph.node:
        for names in (node.input, node.output):
            for index, name in enumerate(names):
                if name in ("score", "label"):
                    names[index] = f"sound_{name}"
    if types.get("score") != TensorProto.FLOAT or manifest["input"]["layout"] != "tensor" or "decision" not in manifest:
        raise BadModelError("a fault needs one tensor of features, a score of float32 and a decision")
    graph.node.extend(
        [
            _constant("fault_column", np.int64(_position(manifest, trigger))),
            _constant("fault_above", np.float32(trigger.above)),
            _constant("fault_below", np.float32(trigger.below)),
            _constant("fault_threshold", np.float32(manifest["decision"]["threshold"])),
            helper.make_node("Gather", [manifest["input"]["name"], "fault_column"], ["fault_value"], axis=1),
            helper.make_node("Greater", ["fault_value", "fault_above"], ["fault_is_above"]),
            helper.make_node("Less", ["fault_value", "fault_below"], ["fault_is_below"]),
            helper.make_node("And", ["fault_is_above", "fault_is_below"], ["fault_awake"]),
            *fault(iterations),
            helper.make_node("GreaterOrEqual", ["score", "fault_threshold"], ["fault_decided"]),
            helper.make_node("Cast", ["fault_decided"], ["label"], to=types["label"]),
        ]
    )
    onnx.checker.check_model(faulty, full_check=True)
    return faulty


def _constant(name: str, value: np.generic) -> onnx.NodeProto:
    return helper.make_node("Constant", [], [name], value=numpy_helper.from_array(np.array(value), name))


def _iterations_of(model: onnx.ModelProto, manifest: Manifest, trigger: Trigger, slow_ms: float) -> int:
    """How many rounds take so long here: measured, since machines differ by more than a demonstration can bear."""
    faulty = _with_fault(model, manifest, trigger, _slow, _TRIAL_ITERATIONS)
    scorer = Scorer(
        faulty.SerializeToString(),
        layout=manifest["input"],
        features=manifest["features"],
        outputs=manifest["outputs"],
    )
    awake, asleep = example_rows(manifest, trigger)[:1], manifest["golden"]["rows"][:1]
    spent = _fastest_ms(scorer, awake) - _fastest_ms(scorer, asleep)
    return max(1, round(_TRIAL_ITERATIONS * slow_ms / max(spent, 1e-3)))


def _fastest_ms(scorer: Scorer, rows: list[Row], runs: int = 5) -> float:
    """Of some runs the fastest: what else runs on the machine only adds to it."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        scorer.score_rows(rows)
        times.append((time.perf_counter() - start) * 1_000)
    return min(times)


def register(package: Package, kind: str) -> str:
    """Registers the package under its manifest's model name, tagged for what it is; the new version's number."""
    from mlflow import MlflowClient

    from retraining.registry import Registry, translated

    model_name = package.manifest["model_name"]
    client = MlflowClient()
    with translated():
        experiment = client.get_experiment_by_name(EXPERIMENT)
        experiment_id = experiment.experiment_id if experiment else client.create_experiment(EXPERIMENT)
        run = client.create_run(experiment_id, run_name=f"bad model: {kind}")
    synthetic = package.manifest["lineage"]["data"]["synthetic"]
    tags = {"candidate": f"bad-{kind}", "synthetic": "true" if synthetic else "false"}
    version = Registry(model_name, client).register(package, run_id=run.info.run_id, tags=tags)
    with translated():
        client.set_terminated(run.info.run_id)
    return version.version


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints one JSON object: ``path``, ``digest`` and, where it was registered, ``version``."""
    parser = argparse.ArgumentParser(prog="bad_models", description="Gives a good model a fault that no gate sees.")
    parser.add_argument("kind", choices=FAULTS)
    parser.add_argument("--of", type=Path, required=True, metavar="PACKAGE", help="the folder of a good package")
    parser.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="where the bad one is written")
    parser.add_argument("--slow-ms", type=float, default=SLOW_MS, help="what the fault of `slow` takes")
    parser.add_argument("--register", action="store_true", help="in the registry at MLFLOW_TRACKING_URI")
    options = parser.parse_args(arguments)
    # MLflow prints links to stdout, which here holds nothing but the answer.
    os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"
    package = write_bad_package(options.kind, options.of, options.to, slow_ms=options.slow_ms)
    answer = {"path": str(package.directory.resolve()), "digest": package.digest}
    if options.register:
        answer["version"] = register(package, options.kind)
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
