"""The shape of ``manifest.json``, as types.

The JSON Schema in ``mlflow/contract/model-package.schema.json`` is the authority; these types only let
the type checker follow what the schema has already checked.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

TensorType = Literal["float32", "float64", "int32", "int64", "bool", "string"]
Scalar = float | int | str | bool
Row = list[Scalar | None]
"""One instance: feature values in the order of ``features``; None is a missing value."""


class Range(TypedDict, total=False):
    """Inclusive bounds of a feature's domain."""

    min: float
    max: float


class Feature(TypedDict):
    """One input of the model."""

    name: str
    type: TensorType
    nullable: bool
    description: NotRequired[str]
    range: NotRequired[Range]
    categories: NotRequired[list[Scalar]]


class Output(TypedDict):
    """One output of the graph; ``shape`` is ``[]`` for a scalar a row and ``[k]`` for a list."""

    name: str
    type: TensorType
    shape: list[int]
    description: NotRequired[str]


class TensorInput(TypedDict):
    """All features packed into one tensor ``[rows, features]``."""

    layout: Literal["tensor"]
    name: str
    type: TensorType


class ColumnsInput(TypedDict):
    """One tensor per feature, named as the feature."""

    layout: Literal["columns"]


class Decision(TypedDict):
    """``label`` is ``positive_class`` where ``score >= threshold``."""

    threshold: float
    positive_class: int | str


class File(TypedDict):
    """One file of the package; ``path`` is relative to it."""

    path: str
    sha256: str
    bytes: int


class Golden(TypedDict):
    """Rows with the answers that the graph must give; ``tolerance`` is absolute, for float outputs."""

    rows: list[Row]
    outputs: dict[str, list[Scalar | list[Scalar]]]
    tolerance: float


class NumericHistogram(TypedDict):
    """Bin i counts the values in ``(edges[i-1], edges[i]]``; the first and last bins are open."""

    kind: Literal["numeric"]
    edges: list[float]
    counts: list[int]
    missing: int


class CategoricalHistogram(TypedDict):
    """One count per category."""

    kind: Literal["categorical"]
    categories: list[Scalar]
    counts: list[int]
    missing: int


Histogram = NumericHistogram | CategoricalHistogram


class Reference(TypedDict):
    """Histograms of the training window by feature and by output."""

    features: dict[str, Histogram]
    outputs: dict[str, Histogram]


class Window(TypedDict):
    """First and last moment the rows speak of; None where the data has no time."""

    start: str | None
    end: str | None


class DataLineage(TypedDict):
    """Where the rows came from; ``uri`` holds no credentials."""

    uri: str
    sha256: str
    rows: int
    synthetic: bool
    window: Window


class Lineage(TypedDict):
    """What a version was made from."""

    git_commit: str | None
    dag_id: str | None
    dag_run_id: str | None
    seed: int | None
    created_at: str
    environment_lock_sha256: str | None
    data: DataLineage


class Manifest(TypedDict):
    """``manifest.json``."""

    contract_version: Literal[1]
    model_name: str
    task: Literal["binary_classification", "generic"]
    files: list[File]
    input: TensorInput | ColumnsInput
    features: list[Feature]
    outputs: list[Output]
    decision: NotRequired[Decision]
    golden: Golden
    reference: Reference
    lineage: Lineage
    metrics: dict[str, float]
