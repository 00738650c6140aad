"""Tables of the store, and the steps from earlier versions of the file."""

import sqlite3

VERSION = 3
"""Version that this program writes."""
_TABLES = (
    (
        "CREATE TABLE remembered (kind TEXT, channel TEXT, key TEXT, value TEXT, at REAL,"
        " PRIMARY KEY (kind, channel, key)) WITHOUT ROWID"
    ),
    (
        "CREATE TABLE journal (channel TEXT, id TEXT, message BLOB, received_at REAL,"
        " starts INTEGER, boot TEXT, boot_s REAL, PRIMARY KEY (channel, id)) WITHOUT ROWID"
    ),
)
_AUDIT_AND_STATISTICS = (
    (
        "CREATE TABLE IF NOT EXISTS audit (number INTEGER PRIMARY KEY, at REAL, channel TEXT,"
        " id TEXT, issuer TEXT, command TEXT, answer TEXT, is_undone INTEGER DEFAULT 0)"
    ),
    (
        "CREATE TABLE IF NOT EXISTS statistics (day TEXT, channel TEXT, what TEXT, count REAL,"
        " PRIMARY KEY (day, channel, what)) WITHOUT ROWID"
    ),
)
_STEPS = {
    1: (
        "ALTER TABLE journal ADD COLUMN boot TEXT",
        "ALTER TABLE journal ADD COLUMN boot_s REAL",
    ),
    2: (
        # Mutes were of names alone; now they are of ids, or of names.
        "UPDATE remembered SET key = 'name:' || key WHERE kind = 'mute'",
        *_AUDIT_AND_STATISTICS,
    ),
}
"""Statements that lead from each version to the next one."""


def bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Make the tables, or those of an earlier version what they are now; within a transaction."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == 0:
        steps = [*_TABLES, *_AUDIT_AND_STATISTICS]
    else:
        steps = [step for past in range(version, VERSION) for step in _STEPS[past]]
    for statement in steps:
        connection.execute(statement)
    if version < VERSION:
        connection.execute(f"PRAGMA user_version = {VERSION}")
