"""Reading feedback: what is taken, what is counted, what is left for later."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

from retraining.errors import FeedbackError
from retraining.monitoring.feedback import FEATURE_PREFIX, Feedback, read_feedback
from retraining.monitoring.feedback_source import open_source
from tests.support.feedback import START, outcome, prediction, stamp, traffic, write_feedback

HOUR = timedelta(hours=1)
SKEW = timedelta(minutes=5)


def read(uri: str, *, days: float = 2, max_rows: int = 10_000) -> Feedback:
    return read_feedback(
        open_source(uri),
        model="credit-scoring",
        since=START - HOUR,
        until=START + timedelta(days=days),
        max_rows=max_rows,
        skew=SKEW,
    )


def test_rows_become_tables(tmp_path: Path) -> None:
    uri = write_feedback(tmp_path, [prediction("a"), prediction("a", row=1, features={"AGE": None})], [outcome("a")])
    feedback = read(uri)
    assert feedback.predictions["row"].tolist() == [0, 1]
    assert feedback.predictions[FEATURE_PREFIX + "AGE"].isna().tolist() == [False, True]
    assert feedback.outcomes["label"].tolist() == [1]
    assert feedback.counts == {"predictions": 2, "outcomes": 1}


def test_a_line_that_is_still_being_written_is_left_for_the_next_time(tmp_path: Path) -> None:
    uri = write_feedback(tmp_path, [prediction("a")], [])
    log = tmp_path / "predictions-1.jsonl"
    whole = json.dumps(prediction("b")) + "\n"
    log.write_text(log.read_text() + whole[:-1])
    assert read(uri).predictions["request_id"].tolist() == ["a"]
    assert "malformed_predictions" not in read(uri).counts
    log.write_text(log.read_text() + "\n")
    assert read(uri).predictions["request_id"].tolist() == ["a", "b"]


def test_bad_lines_are_counted_and_the_others_read(tmp_path: Path) -> None:
    uri = write_feedback(tmp_path, [prediction("a")], [outcome("a")])
    bad = [
        b"{", b"[]", b'"text"', b"\xff\xfe", b"[" * 5000,
        json.dumps(prediction("b", outputs={})).encode(),
        json.dumps(prediction("b", outputs={"score": 1.5})).encode(),
        json.dumps(prediction("b", outputs={"score": float("nan")})).encode(),
        json.dumps(prediction("b", at="2026-11-01T00:00:00")).encode(),
        json.dumps(prediction("b", weight=-1)).encode(),
        json.dumps(prediction("b", features=None)).encode(),
        b"x" * 2_500_000,
    ]  # fmt: skip
    (tmp_path / "predictions-2.jsonl").write_bytes(b"".join(line + b"\n" for line in bad))
    (tmp_path / "outcomes-2.jsonl").write_text(json.dumps(outcome("a", 2)) + "\n\n")
    feedback = read(uri)
    assert feedback.predictions["request_id"].tolist() == ["a"]
    assert feedback.counts["malformed_predictions"] == len(bad)
    assert feedback.counts["malformed_outcomes"] == 2


def test_only_this_model_and_this_window_take_part(tmp_path: Path) -> None:
    lines = [
        prediction("in"),
        prediction("other", model="another"),
        prediction("before", at=stamp(START - 2 * HOUR)),
        prediction("after", at=stamp(START + timedelta(days=3))),
    ]
    feedback = read(write_feedback(tmp_path, lines, [outcome("in", after_hours=72)]))
    assert feedback.predictions["request_id"].tolist() == ["in"]
    assert feedback.counts["predictions_from_the_future"] == 1
    assert feedback.counts["outcomes_from_the_future"] == 1, "what was not known then takes no part"


def test_files_that_cannot_matter_are_not_opened(tmp_path: Path) -> None:
    uri = write_feedback(tmp_path, [prediction("a")], [])
    os.utime(tmp_path / "predictions-1.jsonl", times=(0, (START - 3 * HOUR).timestamp()))
    assert len(read(uri).predictions) == 0


def test_beyond_the_limit_whole_requests_are_left_out_and_the_others_weigh_more(tmp_path: Path) -> None:
    predictions, outcomes = traffic(4000)
    uri = write_feedback(tmp_path, predictions, outcomes)
    thinned = read(uri, max_rows=1000)
    assert 300 < len(thinned.predictions) <= 1000
    assert thinned.predictions["weight"].sum() == pytest.approx(4000, rel=0.15)
    assert set(thinned.outcomes["request_id"]) == set(thinned.predictions["request_id"])
    again = read(uri, max_rows=1000)
    assert again.predictions.equals(thinned.predictions)
    assert "outcomes_without_prediction" not in thinned.counts


def test_an_empty_or_missing_folder_holds_nothing(tmp_path: Path) -> None:
    assert len(read((tmp_path / "none").as_uri()).predictions) == 0


@pytest.mark.parametrize("uri", ["kafka://", "kafka://host:1/topic", "kafka://user:pw@host:1", "carrier-pigeon://x"])
def test_a_source_that_there_is_not_is_refused(uri: str) -> None:
    with pytest.raises(FeedbackError, match="FEEDBACK_URI"):
        open_source(uri)
