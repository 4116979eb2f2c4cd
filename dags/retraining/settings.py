"""What the environment says. The only reader of ``os.environ`` in the package."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from retraining.errors import ConfigurationError

EXPERIMENT = "credit-scoring-retraining"
MONITORING_EXPERIMENT = "credit-scoring-monitoring"


@dataclass(frozen=True)
class Settings:
    """The pipeline's surroundings; where each comes from is said beside it."""

    model_name: str
    """MODEL_NAME: the registered model. A wrong one starts a model of its own, without a champion."""
    workspace_uri: str
    """RETRAINING_WORKSPACE_URI: where the tasks of a run leave files for each other (fsspec)."""
    serving_cli: tuple[str, ...]
    """SERVING_CLI: the command that blesses and promotes, in shell words. Empty: these two tasks fail."""
    serving_replicas: str
    """SERVING_REPLICAS: management addresses, comma separated; dns+http://name:port stands for all replicas of a name.
    Given: promote waits until all agree."""
    promotion_timeout_seconds: int
    """PROMOTION_TIMEOUT_SECONDS: how long promote waits for the replicas."""
    mlflow_ui_url: str = ""
    """MLFLOW_UI_URL: where browsers reach MLflow, for links to dossiers. Empty: where the pipeline does."""
    feedback_uri: str = ""
    """FEEDBACK_URI: where serving leaves predictions and outcomes, an fsspec folder or kafka://host:port[,...].
    Empty: there is nothing to monitor, and the tasks that would are skipped."""
    pushgateway_url: str = ""
    """PUSHGATEWAY_URL: the Prometheus Pushgateway that gets the monitoring metrics. Empty: none does."""
    monitoring_configuration: str = ""
    """MONITORING_CONFIGURATION: a file instead of retraining/monitoring/monitoring.yaml."""
    prometheus_url: str = ""
    """PROMETHEUS_URL: the Prometheus that scrapes the serving replicas. Empty: no version can be rolled out step by
    step, and nobody watches a new champion."""
    rollout_plan: str = ""
    """ROLLOUT_PLAN: a file (YAML or JSON) instead of the plan that the serving command line ships."""
    promotion_repository: str = ""
    """PROMOTION_REPOSITORY: owner/name at GitHub whose workflow promote-model.yml promotes what a run with promotion ci
    has blessed. Empty: such a run fails."""
    promotion_environment: str = "production"
    """PROMOTION_ENVIRONMENT: the environment there, staging or production, whose registry this is. A wrong one moves
    another registry's champion, if that has blessed a version of the same number and the people there agree."""
    promotion_token_file: str = ""
    """PROMOTION_TOKEN_FILE: a file with the token that may start it."""
    github_api_url: str = "https://api.github.com"
    """GITHUB_API_URL: of a GitHub of one's own."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Reads and checks the settings; ConfigurationError names the variable that is wrong."""
        values = os.environ if environment is None else environment
        workspace = values.get("RETRAINING_WORKSPACE_URI", "")
        if not workspace:
            raise ConfigurationError("RETRAINING_WORKSPACE_URI is not set: tasks have nowhere to leave files")
        if not values.get("MLFLOW_TRACKING_URI"):
            raise ConfigurationError("MLFLOW_TRACKING_URI is not set: there is no registry to register in")
        timeout = values.get("PROMOTION_TIMEOUT_SECONDS", "60")
        if not timeout.isdigit():
            raise ConfigurationError(f"PROMOTION_TIMEOUT_SECONDS is {timeout!r}, not a number of seconds")
        return cls(
            model_name=values.get("MODEL_NAME", "credit-scoring"),
            workspace_uri=workspace,
            serving_cli=tuple(shlex.split(values.get("SERVING_CLI", ""))),
            serving_replicas=values.get("SERVING_REPLICAS", ""),
            promotion_timeout_seconds=int(timeout),
            mlflow_ui_url=values.get("MLFLOW_UI_URL", ""),
            feedback_uri=values.get("FEEDBACK_URI", ""),
            pushgateway_url=values.get("PUSHGATEWAY_URL", ""),
            monitoring_configuration=values.get("MONITORING_CONFIGURATION", ""),
            prometheus_url=_http_address(values, "PROMETHEUS_URL"),
            rollout_plan=values.get("ROLLOUT_PLAN", ""),
            promotion_repository=_repository(values.get("PROMOTION_REPOSITORY", "")),
            promotion_environment=_promotion_environment(values) or cls.promotion_environment,
            promotion_token_file=values.get("PROMOTION_TOKEN_FILE", ""),
            github_api_url=_http_address(values, "GITHUB_API_URL") or cls.github_api_url,
        )


def _repository(name: str) -> str:
    if name and not re.fullmatch(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+", name):
        raise ConfigurationError(f"PROMOTION_REPOSITORY is {name!r}, not owner/name")
    return name


def _promotion_environment(values: Mapping[str, str]) -> str:
    """Empty where it is not set."""
    name = values.get("PROMOTION_ENVIRONMENT", "")
    if name not in ("", "staging", "production"):
        raise ConfigurationError(f"PROMOTION_ENVIRONMENT is {name!r}, neither staging nor production")
    return name


def _http_address(values: Mapping[str, str], name: str) -> str:
    """Without a slash at its end; empty where it is not set."""
    address = values.get(name, "").rstrip("/")
    if address and (urlsplit(address).scheme not in ("http", "https") or not urlsplit(address).hostname):
        raise ConfigurationError(f"{name} is no http or https address")
    return address
