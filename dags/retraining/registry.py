"""The model registry (MLflow): versions, their tags and the aliases that point at them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mlflow import MlflowClient, artifacts
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_ALREADY_EXISTS, RESOURCE_DOES_NOT_EXIST, ErrorCode

from retraining.errors import RegistryError, RegistryUnreachableError
from retraining.package import Package, check_package

CHAMPION = "champion"
CHALLENGER = "challenger"
PACKAGE_DIGEST_TAG = "package_digest"
ARTIFACT_PATH = "package"
"""Where in a run's artifacts the package lies."""


@dataclass(frozen=True)
class Version:
    """One model version; ``source`` is where its package can be downloaded from."""

    model_name: str
    version: str
    run_id: str | None
    source: str
    tags: Mapping[str, str]

    @property
    def digest(self) -> str | None:
        """The package digest that it was registered with."""
        return self.tags.get(PACKAGE_DIGEST_TAG)


class Registry:
    """One registered model of an MLflow server."""

    def __init__(self, model_name: str, client: MlflowClient | None = None) -> None:
        self.model_name = model_name
        self._client = client or MlflowClient()

    def ensure_model(self) -> None:
        """Creates the registered model where it is missing."""
        with translated():
            try:
                self._client.create_registered_model(self.model_name)
            except MlflowException as error:
                if error.error_code != ErrorCode.Name(RESOURCE_ALREADY_EXISTS):
                    raise

    def by_alias(self, alias: str) -> Version | None:
        """The version that an alias points at; None where the model or the alias does not exist."""
        with translated():
            try:
                # Read from the model: asking for the alias itself answers a missing one with a plain
                # "bad request", which cannot be told from other mistakes.
                aliases = self._client.get_registered_model(self.model_name).aliases
            except MlflowException as error:
                if error.error_code == ErrorCode.Name(RESOURCE_DOES_NOT_EXIST):
                    return None
                raise
            return self.version(aliases[alias]) if alias in aliases else None

    def version(self, version: str) -> Version:
        """One version by its number."""
        with translated():
            return self._version(self._client.get_model_version(self.model_name, version))

    def find(self, tags: Mapping[str, str]) -> Version | None:
        """The oldest version that carries all of ``tags``."""
        return next(iter(self._all(tags)), None)

    def _all(self, tags: Mapping[str, str]) -> list[Version]:
        conditions = [f"name = '{self.model_name}'"]
        conditions += [f"tags.`{key}` = '{value}'" for key, value in tags.items()]
        with translated():
            found = self._client.search_model_versions(" and ".join(conditions))
        return sorted((self._version(item) for item in found), key=lambda item: int(item.version))

    def register(
        self, package: Package, *, run_id: str, tags: Mapping[str, str], identity: tuple[str, ...] = ()
    ) -> Version:
        """Registers a package as a version of the model and returns it.

        Uploads the package to the run's artifacts and tags the version with its digest. ``identity`` names
        the tags that make a version the same one: where a version carries them already, that version is
        returned and nothing is created, so that a task which died after creating it can run again.
        The tags travel with the creation, so that no version exists without them.
        """
        same = {key: tags[key] for key in identity}
        if same and (existing := self._only(same)):
            return existing
        self.ensure_model()
        with translated():
            self._client.log_artifacts(run_id, str(package.directory), ARTIFACT_PATH)
            root = self._client.get_run(run_id).info.artifact_uri
            created = self._version(
                self._client.create_model_version(
                    self.model_name,
                    source=f"{root}/{ARTIFACT_PATH}",
                    run_id=run_id,
                    tags={PACKAGE_DIGEST_TAG: package.digest, **tags},
                    await_creation_for=0,  # a tracking server creates versions ready
                )
            )
        return (self._only(same) if same else None) or created

    def _only(self, tags: Mapping[str, str]) -> Version | None:
        """The oldest version that carries all of ``tags``, after deleting later ones that nothing points at.

        MLflow makes no two versions one: its client repeats a request whose answer was lost, and a task that was
        given up for dead may register beside its successor. Whoever looks last sees all of them, and keeps the same.
        """
        versions = self._all(tags)
        if len(versions) > 1:
            with translated():
                pointed_at = set(self._client.get_registered_model(self.model_name).aliases.values())
                for extra in versions[1:]:
                    if extra.version not in pointed_at:
                        self._delete(extra)
        return versions[0] if versions else None

    def _delete(self, version: Version) -> None:
        try:
            self._client.delete_model_version(self.model_name, version.version)
        except MlflowException as error:
            if error.error_code != ErrorCode.Name(RESOURCE_DOES_NOT_EXIST):
                raise

    def point(self, alias: str, version: Version) -> None:
        """Moves an alias to a version."""
        with translated():
            self._client.set_registered_model_alias(self.model_name, alias, version.version)

    def tag(self, version: Version, tags: Mapping[str, str]) -> None:
        """Adds tags to a version, or replaces them."""
        with translated():
            for key, value in tags.items():
                self._client.set_model_version_tag(self.model_name, version.version, key, value)

    def describe(self, version: Version, text: str) -> None:
        """Sets what people read about a version, in Markdown."""
        with translated():
            self._client.update_model_version(self.model_name, version.version, description=text)

    def download(self, version: Version, directory: Path) -> Package:
        """Downloads a version's package below ``directory`` and checks it against its digest and the contract.

        Raises ContractError where the bytes are not those that were registered.
        """
        directory.mkdir(parents=True, exist_ok=True)
        with translated():
            folder = artifacts.download_artifacts(artifact_uri=version.source, dst_path=str(directory))
        return check_package(Path(folder), model_name=self.model_name, digest=version.digest)

    def _version(self, item: object) -> Version:
        return Version(
            model_name=self.model_name,
            version=str(item.version),  # type: ignore[attr-defined]  # mlflow declares no types for its entities
            run_id=item.run_id or None,  # type: ignore[attr-defined]
            source=item.source,  # type: ignore[attr-defined]
            tags=dict(item.tags),  # type: ignore[attr-defined]
        )


@contextmanager
def translated() -> Iterator[None]:
    """MLflow's exceptions as ours: what the server refuses stays refused, silence may pass."""
    try:
        yield
    except MlflowException as error:
        text = str(error).strip().splitlines()[0][:500]
        if error.get_http_status_code() >= 500:
            raise RegistryUnreachableError(f"MLflow does not answer: {text}") from error
        raise RegistryError(f"MLflow refused: {text}") from error
