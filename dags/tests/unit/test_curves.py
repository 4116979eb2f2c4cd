"""What the dossier draws."""

from __future__ import annotations

import numpy as np
import pytest

from retraining.curves import curves_of, wilson_interval


def test_curves_are_short_whatever_the_rows() -> None:
    random = np.random.default_rng(1)
    labels = (random.random(20_000) < 0.2).astype(int)
    curves = curves_of(labels, np.clip(0.2 + 0.2 * labels + random.normal(0, 0.1, len(labels)), 0, 1))
    roc = [(point["false_positive_rate"], point["true_positive_rate"]) for point in curves["roc"]]
    assert roc[0] == (0, 0)
    assert roc[-1] == (1, 1)
    assert 80 <= len(roc) <= 101
    assert roc == sorted(roc)
    low, high = curves["auc_interval"]
    assert low < np.trapezoid([y for _, y in roc], [x for x, _ in roc]) < high
    assert len(curves["calibration"]) == 10
    assert all(item["low"] <= item["observed"] <= item["high"] for item in curves["calibration"])
    assert sum(curves["scores"]["paid"]) == pytest.approx(1, abs=1e-3)
    assert len(curves["scores"]["edges"]) == len(curves["scores"]["paid"]) + 1


def test_wilson_interval() -> None:
    # Nothing of ten: z^2 / (n + z^2).
    assert wilson_interval(0, 10) == pytest.approx((0, 0.2775), abs=1e-4)
    low, high = wilson_interval(50, 100)
    assert (low, high) == pytest.approx((0.4038, 0.5962), abs=1e-4)
