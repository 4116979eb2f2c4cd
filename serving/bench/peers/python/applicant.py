"""The 23 fields of one application, as a pydantic model: what FastAPI, BentoML and LitServe check."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Amount = Annotated[int, Field(ge=-10_000_000, le=10_000_000)]
Payment = Annotated[int, Field(ge=0, le=10_000_000)]
Status = Annotated[int, Field(ge=-2, le=9)]


class Applicant(BaseModel):
    """One row, by name, with the domains of the model package's manifest."""

    model_config = ConfigDict(extra="forbid")

    LIMIT_BAL: Annotated[int, Field(ge=1, le=10_000_000)]
    SEX: Literal[1, 2]
    EDUCATION: Literal[0, 1, 2, 3, 4, 5, 6]
    MARRIAGE: Literal[0, 1, 2, 3]
    AGE: Annotated[int, Field(ge=18, le=120)]
    PAY_0: Status
    PAY_2: Status
    PAY_3: Status
    PAY_4: Status
    PAY_5: Status
    PAY_6: Status
    BILL_AMT1: Amount
    BILL_AMT2: Amount
    BILL_AMT3: Amount
    BILL_AMT4: Amount
    BILL_AMT5: Amount
    BILL_AMT6: Amount
    PAY_AMT1: Payment
    PAY_AMT2: Payment
    PAY_AMT3: Payment
    PAY_AMT4: Payment
    PAY_AMT5: Payment
    PAY_AMT6: Payment


FEATURES = list(Applicant.model_fields)
"""In the order in which the graph takes them."""


class PredictRequest(BaseModel):
    """What a client sends."""

    instances: Annotated[list[Applicant], Field(min_length=1)]


class Prediction(BaseModel):
    """The answer for one row."""

    score: float
    label: int


class PredictResponse(BaseModel):
    """What a client gets."""

    predictions: list[Prediction]
    model_version: str


def rows_of(instances: list[Applicant]) -> list[list[int]]:
    """Values by position. An instance's dict keeps the order of the fields."""
    return [list(instance.__dict__.values()) for instance in instances]
