"""The pictures of a candidate: ROC, calibration and score distribution on the holdout."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from retraining.metrics import Numbers


def holdout_plots(title: str, labels: Numbers, scores: Numbers) -> dict[str, bytes]:
    """File name -> PNG. ``title`` names candidate and data, so that a synthetic result says that it is one."""
    return {
        "roc.png": picture(f"ROC, {title}", lambda axes: _roc(axes, labels, scores)),
        "calibration.png": picture(f"Calibration, {title}", lambda axes: _calibration(axes, labels, scores)),
        "scores.png": picture(f"Scores, {title}", lambda axes: _distribution(axes, labels, scores)),
    }


def picture(title: str, draw: Callable[[Axes], None], size: tuple[float, float] = (5, 4)) -> bytes:
    """PNG of what ``draw`` draws; ``size`` in inches."""
    # Figure rather than pyplot: no global state, no display, and half the import.
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    draw(axes)
    axes.set_title(title, fontsize=9)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=90)
    return buffer.getvalue()


def _roc(axes: Axes, labels: Numbers, scores: Numbers) -> None:
    from sklearn.metrics import roc_auc_score, roc_curve

    false_positives, true_positives, _ = roc_curve(labels, scores)
    axes.plot(false_positives, true_positives, label=f"AUC {roc_auc_score(labels, scores):.4f}")
    axes.plot([0, 1], [0, 1], linestyle=":", color="grey")
    axes.set(xlabel="false positive rate", ylabel="true positive rate")
    axes.legend(loc="lower right")


def _calibration(axes: Axes, labels: Numbers, scores: Numbers) -> None:
    parts = np.array_split(np.argsort(scores, kind="stable"), 10)
    axes.plot([scores[part].mean() for part in parts], [labels[part].mean() for part in parts], marker="o")
    axes.plot([0, 1], [0, 1], linestyle=":", color="grey")
    axes.set(xlabel="mean score of a tenth of the rows", ylabel="observed defaults")


def _distribution(axes: Axes, labels: Numbers, scores: Numbers) -> None:
    bins = np.linspace(0, 1, 41).tolist()
    for label, name in ((0, "paid"), (1, "defaulted")):
        axes.hist(scores[labels == label], bins=bins, density=True, alpha=0.55, label=name)
    axes.set(xlabel="score", ylabel="density")
    axes.legend()
