"""Connectors, base connections, and a look into their files. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aeptui.chain.connectors import LANDING_ZONE_ID, is_landing_zone
from aeptui.errors import ConfigError
from aeptui.ids import BaseConnectionId
from aeptui.models.connections import FileFormat, FilePreview

if TYPE_CHECKING:
    from aeptui.api.client import AepClient
    from aeptui.api.resources.exploring import Explorable
    from aeptui.chain.pipeline import Source
    from aeptui.models.connections import BaseConnection, ConnectionSpec, ExploredItem


class Sources:
    """Where files come from."""

    def __init__(self, client: AepClient) -> None:
        self._client = client
        self._connection_specs: tuple[ConnectionSpec, ...] | None = None

    async def connection_specs(self) -> tuple[ConnectionSpec, ...]:
        """Every connector that is a source, by category and label; read once, the list is large."""
        if self._connection_specs is None:
            found = [spec async for spec in self._client.connection_specs.list() if spec.is_source]
            self._connection_specs = tuple(sorted(found, key=lambda spec: (spec.category, spec.label.lower())))
        return self._connection_specs

    async def base_connections(self) -> tuple[BaseConnection, ...]:
        """Every base connection of the sandbox, by name."""
        found = [connection async for connection in self._client.base_connections.list()]
        return tuple(sorted(found, key=lambda connection: connection.name.lower()))

    async def test(self, base_connection_id: str) -> None:
        """Ask the platform to reach the storage.

        Raises:
            ApiError: it could not, and why.
        """
        await self._client.base_connections.test(BaseConnectionId(base_connection_id))

    async def explore(self, base_connection_id: str, path: str | None = None) -> tuple[ExploredItem, ...]:
        """The entries of a folder, folders first; None is the root."""
        door, identifier = self._door(base_connection_id)
        found = await door.explore(identifier, path=path)
        return tuple(sorted(found, key=lambda item: (not item.is_folder, item.name)))

    async def sniff(self, base_connection_id: str, path: str) -> FileFormat:
        """The format the platform detects in a file."""
        door, identifier = self._door(base_connection_id)
        return await door.determine_properties(identifier, path)

    async def preview(self, base_connection_id: str, path: str, file_format: FileFormat) -> FilePreview:
        """Columns and first rows of a file, read as that format."""
        door, identifier = self._door(base_connection_id)
        return await door.preview(identifier, path, file_format)

    def _door(self, base_connection_id: str) -> tuple[Explorable, str]:
        """What is asked: a base connection, or for the Data Landing Zone its connection spec."""
        if is_landing_zone(base_connection_id):
            return self._client.connection_specs, LANDING_ZONE_ID
        return self._client.base_connections, base_connection_id

    async def sample(self, source: Source) -> FilePreview:
        """Columns and first rows of the first file a pipeline's source means.

        Raises:
            ConfigError: the base connection or the path leads to no file; says what to change.
        """
        from aeptui.chain.preflight_source import find_base_connection
        from aeptui.chain.source_files import find_sample

        if source.is_stream:
            raise ConfigError("A stream has no files to look into.", "Its records are seen when its dataflow runs.")
        identifier = source.base_connection
        if not is_landing_zone(identifier):
            found = await find_base_connection(identifier, self._client)
            if isinstance(found, tuple):
                what = "is not unique" if found else "does not exist"
                raise ConfigError(f"The base connection {identifier!r} {what}.", "Choose one in the section Source.")
            identifier = found.id

        async def explore(path: str | None) -> Sequence[ExploredItem]:
            return await self.explore(identifier, path)

        file = await find_sample(source, explore)
        if file.path is None:
            raise ConfigError(file.what or f"No file was found at {source.path}.", file.fix or "Choose another path.")
        return await self.preview(identifier, file.path, source.file_format)
