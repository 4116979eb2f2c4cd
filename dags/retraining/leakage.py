"""The leakage canary: a feature that predicts too well alone has usually seen the outcome."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from retraining.manifest import Feature
from retraining.metrics import Numbers


def single_feature_auc(feature: Feature, values: npt.NDArray[Any], labels: Numbers) -> float:
    """AUC of one feature used as a score, in whichever direction is better: 0.5 to 1.

    Codes have no order of their own and are ranked by their share of defaults, which on small groups looks
    a little better than it is. A missing value is a code of its own, since being missing may be the leak.
    """
    from sklearn.metrics import roc_auc_score

    series = pd.Series(values)
    rate = pd.Series(labels).groupby(series, dropna=False)
    if "categories" in feature:
        scores = rate.transform("mean")
    else:
        numbers = pd.to_numeric(series).astype(np.float64)
        if numbers.isna().any() and numbers.notna().any():
            present = float(roc_auc_score(labels, numbers.fillna(numbers.min() - 1)))
            flag = float(roc_auc_score(labels, numbers.isna()))
            return max(present, 1 - present, flag, 1 - flag)
        scores = numbers.fillna(0)
    auc = float(roc_auc_score(labels, scores))
    return max(auc, 1 - auc)


def single_feature_aucs(features: list[Feature], frame: pd.DataFrame, labels: Numbers) -> dict[str, float]:
    """Feature -> its AUC alone, best first."""
    aucs = {item["name"]: single_feature_auc(item, frame[item["name"]].to_numpy(), labels) for item in features}
    return dict(sorted(aucs.items(), key=lambda entry: -entry[1]))
