"""The way of a store from any version to this one: which version made it, and the steps that lead on, one a file.

Steps go forward only, and each says in plain column names what it did on its day: what the tables are called today may
not enter them. They run inside the transaction that is given, so a store is wholly migrated or not at all.
"""

from pathlib import Path

from sqlalchemy import Connection, insert, inspect, select, update

from dropbox.errors import StartRefused
from dropbox.server.store.schema import cases, drop_meta, stamp

_MOVED = "0.1.0_moves"
STEPS = ("0.1.0", "0.1.0_legal_days", "0.1.0_views", "0.1.0_keeping", _MOVED, "0.2.0")
"""Every state that a store may be in, oldest first; a store says in `alembic_version` in which one it is."""

HEAD = STEPS[-1]
LAYOUT = 2
"""What `drop_meta.format` says since there are stamps. A program from before looks at this alone and knows only 1."""

_FIRST_TABLES = frozenset(
    ["drop_meta", "cases", "lookups", "resends", "case_desks", "items", "item_desks", "reply_locks", "tombstones"]
).union(["desk_log", "receipts", "memberships", "member_keys", "desk_fetches", "vaults", "answers"])
_LATER_TABLES = frozenset({"keep_steps", "erased_desks", "former_desks"})
_NEWER = "Install that version again, or restore the data folder from the last backup of before it was installed."
_ODD = "Restore the whole data folder (store, items and both keys) from one backup."


def stamp_new(connection: Connection) -> None:
    """Note that the tables which were just made from the metadata are today's."""
    connection.execute(insert(stamp), {"version_num": HEAD})


def state_of(connection: Connection) -> str:
    """Return a store's state, one of STEPS; StartRefused when a newer program made it, or none of ours."""
    layout = connection.scalars(select(drop_meta.c.format)).first()
    if layout is None:
        raise StartRefused("store.sqlite: has lost what it was made with", _ODD)
    if layout > LAYOUT:
        raise StartRefused("store.sqlite: was made by a newer program", _NEWER)
    if layout < LAYOUT:
        return _state_of_unstamped(connection)
    stamps: list[str] = [*connection.scalars(select(stamp.c.version_num))]
    if stamps and stamps[0] not in STEPS:
        raise StartRefused("store.sqlite: was made by a newer program", _NEWER)
    if len(stamps) != 1:
        raise StartRefused("store.sqlite: does not say which version made it", _ODD)
    return stamps[0]


def migrate(connection: Connection, state: str | None, to: str = HEAD) -> None:
    """Run the steps that follow a state (None: of an empty database), and stamp the store; commits nothing."""
    # Alembic takes a quarter of a second to load, and nearly every start finds nothing to do
    from alembic.operations import Operations  # noqa: PLC0415
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    folder = Path(__file__).parent
    script = ScriptDirectory(folder, version_locations=[folder / "steps"])

    def steps(heads: str, _context: MigrationContext) -> object:
        return script._upgrade_revs(to, heads)  # noqa: SLF001  # as Alembic's own documentation has it

    context = MigrationContext.configure(connection, opts={"fn": steps})
    stamp.create(connection, checkfirst=True)
    if state not in (None, *connection.scalars(select(stamp.c.version_num))):
        connection.execute(insert(stamp), {"version_num": state})
    with Operations.context(context):
        context.run_migrations()
    if to == HEAD:
        connection.execute(update(drop_meta).values(format=LAYOUT))


def _state_of_unstamped(connection: Connection) -> str:
    """Know a store of before the stamps by its tables; they are never older than its columns."""
    looked = inspect(connection)
    tables, columns = set(looked.get_table_names()), {column["name"] for column in looked.get_columns(cases.name)}
    if not _FIRST_TABLES <= tables <= _FIRST_TABLES | _LATER_TABLES:
        raise StartRefused("store.sqlite: has tables that no released program made", _ODD)
    state = "0.1.0_legal_days" if {"first_reply_day", "sealed_view"} <= columns else "0.1.0"
    if "keep_steps" in tables:
        state = "0.1.0_keeping"
    if "former_desks" in tables:
        state = _MOVED
    return state
