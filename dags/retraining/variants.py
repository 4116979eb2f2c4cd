"""Smaller models made from a trained one: candidates of their own, which pass the same gates or are refused."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from retraining.candidates import Candidate
from retraining.run import Run
from retraining.workspace import Workspace

if TYPE_CHECKING:
    from retraining.split import Split

PRUNED = "pruned"
INT8 = "int8"


@dataclass(frozen=True)
class NamedCandidate:
    """One entry of a comparison: a candidate itself, or a variant of one."""

    name: str
    """Also its folder in the workspace, its MLflow run and its version's tag ``candidate``."""
    variant_of: str | None = None
    """The candidate that it was made from; None where it is no variant."""
    kind: str | None = None
    """``pruned`` or ``int8``; None where it is no variant."""

    def as_dict(self) -> dict[str, Any]:
        """The entry as JSON values."""
        return asdict(self)


def make_variant(kind: str, candidate: Candidate, model: Any, parts: Split, seed: int) -> Any | None:
    """The smaller model of a fitted one; None where there is nothing to make smaller.

    Uses the training and the validation part only. The same model, rows and seed give the same variant.
    """
    if kind == INT8:
        from retraining.conversion import to_probability_graph
        from retraining.quantization import quantized
        from retraining.schema import FEATURE_NAMES
        from retraining.training import matrix_of

        return quantized(to_probability_graph(model, len(FEATURE_NAMES)), matrix_of(parts.training))
    from retraining.pruning import pruned

    return pruned(candidate, model, parts, seed)


def variant_name(candidate: str, kind: str) -> str:
    """What a variant is called everywhere, for example ``neural_network-int8``."""
    return f"{candidate}-{kind}"


def candidate_names(workspace: Workspace, run: Run) -> list[NamedCandidate]:
    """Everything that was trained in ``run``: each candidate, followed by the variants made from it.

    Candidates train in parallel, on different machines perhaps, so each leaves a list of its own variants
    (``<candidate>/variants.json``), which is read here. None there means that it has none.
    """
    named = []
    for candidate in run.candidates:
        named.append(NamedCandidate(candidate))
        named.extend(variants_of(workspace, candidate))
    return named


def variants_of(workspace: Workspace, candidate: str) -> list[NamedCandidate]:
    """The variants that were made from a candidate, in their order."""
    try:
        entries = workspace.read_json(f"{candidate}/variants.json")
    except FileNotFoundError:
        return []
    return [NamedCandidate(**entry) for entry in entries]


def write_variants(workspace: Workspace, candidate: str, kinds: list[str]) -> None:
    """Says which variants of a candidate there are; replaces what an earlier try said."""
    named = [NamedCandidate(variant_name(candidate, kind), candidate, kind) for kind in kinds]
    workspace.write_json(f"{candidate}/variants.json", [entry.as_dict() for entry in named])
