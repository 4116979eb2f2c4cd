"""The leakage canary."""

from __future__ import annotations

import numpy as np
import pytest

from retraining.leakage import single_feature_auc, single_feature_aucs
from retraining.manifest import Feature
from retraining.schema import FEATURES, TARGET

LABELS = np.array([0, 0, 0, 1, 1, 1])
NUMBER: Feature = {"name": "fee", "type": "float64", "nullable": True}
CODE: Feature = {"name": "state", "type": "int64", "nullable": False, "categories": [1, 2, 3]}


@pytest.mark.parametrize(
    ("feature", "values", "auc"),
    [
        (NUMBER, [1, 2, 3, 4, 5, 6], 1.0),
        (NUMBER, [6, 5, 4, 3, 2, 1], 1.0),
        (NUMBER, [1, 1, 1, 1, 1, 1], 0.5),
        (NUMBER, [np.nan, np.nan, np.nan, 5, 6, 2], 1.0),
        (NUMBER, [np.nan] * 6, 0.5),
        (CODE, [2, 2, 2, 1, 3, 1], 1.0),
    ],
)
def test_sees_what_gives_the_outcome_away(feature: Feature, values: list[float], auc: float) -> None:
    assert single_feature_auc(feature, np.array(values), LABELS) == pytest.approx(auc)


def test_no_feature_of_the_credit_data_leaks(credit_rows) -> None:  # type: ignore[no-untyped-def]
    aucs = single_feature_aucs(FEATURES, credit_rows, credit_rows[TARGET].to_numpy())
    assert next(iter(aucs)) == "PAY_0"
    assert max(aucs.values()) < 0.85
    assert list(aucs.values()) == sorted(aucs.values(), reverse=True)
