"""Users of the registry, as mlflow/bootstrap.py makes them. The rest needs a server: integration/test_bootstrap.py."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def bootstrap() -> Iterator[ModuleType]:
    script = Path(__file__).parents[3] / "mlflow" / "bootstrap.py"
    spec = importlib.util.spec_from_file_location("registry_bootstrap", script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def test_who_serves_reads_and_who_trains_edits(bootstrap: ModuleType) -> None:
    named = {"READER_USERNAME": "s", "READER_PASSWORD": "p", "EDITOR_USERNAME": "t", "EDITOR_PASSWORD": "q"}
    assert [(user.name, user.permission) for user in bootstrap.users(named)] == [("s", "READ"), ("t", "EDIT")]
    assert bootstrap.users({}) == []


@pytest.mark.parametrize("given", ["USERNAME", "PASSWORD"])
def test_a_user_without_name_or_password_is_refused(bootstrap: ModuleType, given: str) -> None:
    with pytest.raises(SystemExit, match="go together"):
        bootstrap.users({f"EDITOR_{given}": "x"})


def test_a_new_user_gets_its_permission_on_model_and_experiments(bootstrap: ModuleType) -> None:
    calls: list[tuple[str, str, dict[str, str]]] = []

    def post(method: str, path: str, body: dict[str, str]) -> int:
        calls.append((method, path, body))
        return 200

    user = bootstrap.User("training", "secret", "EDIT")
    said = bootstrap.ensure_user(post, user, "credit-scoring", ["1", "2"])
    assert said == "user training: created, EDIT on 3 resources"
    assert [path.rpartition("/")[2] for _, path, _ in calls] == ["create", "grant", "grant", "grant"]
    granted = [(body["resource_type"], body["resource_id"], body["permission"]) for _, _, body in calls[1:]]
    assert granted == [
        ("registered_model", "credit-scoring", "EDIT"),
        ("experiment", "1", "EDIT"),
        ("experiment", "2", "EDIT"),
    ]


def test_a_user_who_is_there_gets_the_password_of_now(bootstrap: ModuleType) -> None:
    calls: list[tuple[str, str]] = []

    def post(method: str, path: str, body: dict[str, str]) -> int:
        calls.append((method, path))
        if path.endswith("update-password"):
            assert body == {"username": "serving", "password": "new"}
        return 409 if path.endswith("create") else 200

    said = bootstrap.ensure_user(post, bootstrap.User("serving", "new", "READ"), "m", [])
    assert said.startswith("user serving: is there")
    assert ("PATCH", "/api/2.0/mlflow/users/update-password") in calls
