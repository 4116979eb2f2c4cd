"""Cutting the clientele."""

from __future__ import annotations

import numpy as np
import pandas as pd

from retraining.slices import SliceDefinition, slice_masks

FRAME = pd.DataFrame({"AGE": [18, 25, 26, 40, 41], "SEX": [1, 2, 2, 1, 3]})


def test_bands_include_their_upper_edge_and_miss_nobody() -> None:
    masks = slice_masks(SliceDefinition("age", "AGE", bands=[25, 40]), FRAME)
    assert {name: mask.tolist() for name, mask in masks.items()} == {
        "up to 25": [True, True, False, False, False],
        "over 25 to 40": [False, False, True, True, False],
        "over 40": [False, False, False, False, True],
    }


def test_groups_leave_out_codes_that_nobody_named() -> None:
    masks = slice_masks(SliceDefinition("sex", "SEX", groups={"men": [1], "women": [2]}), FRAME)
    assert masks["men"].tolist() == [True, False, False, True, False]
    assert masks["women"].tolist() == [False, True, True, False, False]


def test_a_missing_value_is_in_no_band() -> None:
    masks = slice_masks(SliceDefinition("age", "AGE", bands=(25, 40)), pd.DataFrame({"AGE": [20.0, np.nan, 60.0]}))
    assert [int(mask.sum()) for mask in masks.values()] == [1, 0, 1]
