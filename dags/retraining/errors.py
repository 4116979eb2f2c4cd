"""The failures of the pipeline that a reader can act on.

Every error here is one readable message. ``transient`` says whether trying again can help: the DAG
retries a lost connection and does not retry a bad file (see ``step.py``).
"""

from __future__ import annotations


class RetrainingError(Exception):
    """Base of the expected failures: shown as its message, without a stack trace."""

    transient = False


class ConfigurationError(RetrainingError):
    """A setting, a parameter or a configuration file says something that cannot be followed."""


class DiskFullError(RetrainingError):
    """There is no room for what a task has to write; somebody may make some."""

    transient = True


class DatasetError(RetrainingError):
    """The data set cannot be read: unknown scheme, not a table, no permission."""


class DatasetUnreachableError(DatasetError):
    """The data set's store did not answer, or not to the end, which may pass."""

    transient = True


class ContractError(RetrainingError):
    """A model package breaks the contract.

    ``code`` is ``schema``, ``digest``, ``missing-file`` or one of the codes in ``mlflow/contract/README.md``.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class ConversionError(RetrainingError):
    """The ONNX graph does not score as the trainer does."""


class RegistryError(RetrainingError):
    """The MLflow server refused or does not know what was asked for."""


class RegistryUnreachableError(RegistryError):
    """The MLflow server did not answer."""

    transient = True


class ServingCommandError(RetrainingError):
    """The serving command line could not do what was asked."""


class ServingCommandUnavailableError(ServingCommandError):
    """The serving command line could not reach what it needs; later it may."""

    transient = True


class BlessingRefusedError(ServingCommandError):
    """The serving runtime loaded the candidate and refused it."""


class PromotionRefusedError(ServingCommandError):
    """``champion`` was not moved: no blessing for this digest, or the champion is another than compared against."""


class RolloutRefusedError(ServingCommandError):
    """A version may not get live traffic: it is in quarantine or not blessed, or the champion is another by now."""


class FeedbackError(RetrainingError):
    """The prediction log or the outcomes cannot be read."""


class FeedbackUnreachableError(FeedbackError):
    """The feedback's store did not answer, which may pass."""

    transient = True


class MetricsRefusedError(RetrainingError):
    """The Pushgateway answers and does not take the metrics, which may pass."""

    transient = True


class CiUnreachableError(RetrainingError):
    """CI, which is to promote a version, does not answer, which may pass."""

    transient = True


class PrometheusUnreachableError(RetrainingError):
    """The Prometheus that knows how a version does does not answer, which may pass."""

    transient = True
