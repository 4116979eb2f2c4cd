"""Pictures of a version's quality: calibration, and AUC by day as estimated and as realised."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from retraining.monitoring.estimate import Comparison, Estimate
from retraining.plots import picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BINS = 10
_SIZE = (7, 4)


def quality_plots(
    rows: pd.DataFrame, estimates: Iterable[Estimate], comparisons: Iterable[Comparison]
) -> dict[str, bytes]:
    """File name -> PNG; nothing of what the rows cannot show."""
    estimates, comparisons = list(estimates), list(comparisons)
    pictures = {}
    labelled = rows[rows["label"].notna()]
    if len(labelled) >= _BINS:
        pictures["calibration.png"] = picture(
            "Calibration of live predictions", lambda axes: _calibration(axes, labelled), _SIZE
        )
    if any(item.metrics.get("auc") for item in estimates):
        pictures["auc_by_day.png"] = picture(
            "AUC by day: estimated before labels, realised after",
            lambda axes: _days(axes, estimates, comparisons),
            _SIZE,
        )
    return pictures


def _calibration(axes: Axes, labelled: pd.DataFrame) -> None:
    for version, own in labelled.groupby("version"):
        parts = np.array_split(own.sort_values("score")[["score", "label", "weight"]].to_numpy(), min(_BINS, len(own)))
        means = [np.average(part[:, :2], axis=0, weights=part[:, 2]) for part in parts]
        axes.plot(*np.transpose(means), marker="o", label=f"version {version}")
    axes.plot([0, 1], [0, 1], linestyle=":", color="grey")
    axes.set(xlabel="mean score of a tenth of the rows", ylabel="observed share of defaults")
    axes.legend()


def _days(axes: Axes, estimates: list[Estimate], comparisons: list[Comparison]) -> None:
    for version in dict.fromkeys(item.version for item in estimates):
        own = [(item.day, item.metrics.get("auc")) for item in estimates if item.version == version]
        known = [(pd.Timestamp(day), auc) for day, auc in sorted(own, key=lambda pair: pair[0]) if auc]
        if not known:
            continue
        days = np.array([day.to_datetime64() for day, _ in known])
        [line] = axes.plot(days, [auc.value for _, auc in known], marker=".", label=f"version {version}, estimated")
        axes.fill_between(
            days, [auc.low for _, auc in known], [auc.high for _, auc in known], color=line.get_color(), alpha=0.2
        )
        realised = [item for item in comparisons if item.version == version and "auc" in item.realised]
        axes.plot(
            np.array([np.datetime64(item.day) for item in realised], dtype="datetime64[D]"),
            [item.realised["auc"] for item in realised],
            linestyle="none",
            marker="x",
            color=line.get_color(),
            label=f"version {version}, realised",
        )
    axes.set(ylabel="AUC", xlabel="day of the prediction (UTC)")
    axes.tick_params(axis="x", rotation=30)
    axes.legend()
