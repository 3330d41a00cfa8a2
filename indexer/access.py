"""What the commands share: the archive opened to read or to write, and its changes published."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from indexer.lock import writer_lock
from indexer.publication import Policy, publish
from search.assemble import DATABASE, create_folder, database_url, open_data
from search.index.published import no_index
from search.settings import Settings
from search.store import Archive


@contextmanager
def writing(settings: Settings) -> Iterator[Archive]:
    """The archive, with the writer lock held."""
    create_folder(settings.data)
    url = database_url(settings)
    with writer_lock(url, settings.data), open_data(settings) as archive:
        yield archive


@contextmanager
def reading(settings: Settings) -> Iterator[Archive]:
    """The archive of a data folder that exists. Raises NoIndex for another."""
    require_archive(settings)
    with open_data(settings) as archive:
        yield archive


def require_archive(settings: Settings) -> None:
    """Raises NoIndex when nothing was ever indexed in the data folder."""
    if settings.database_url is None and not (settings.data / DATABASE).exists():
        raise no_index(settings.data)


def publish_changes(archive: Archive, settings: Settings, console: Console, policy: Policy) -> None:
    """Publishes what has changed, and says so."""
    with console.status("Publishing the index"):
        manifest = publish(archive, settings.data, policy)
    if manifest is None:
        console.print("The published index is up to date.")
    else:
        console.print(f"Published {manifest.articles:,} articles in {manifest.passages:,} passages.")
