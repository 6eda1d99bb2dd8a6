#!/usr/bin/env python3
"""Checks the hash chain of a journal with nothing but Python: check-chain.py JOURNAL [HEAD]

Prints the number of rows and the head. Ends with 1 at the first row that does not fit, and where
the head is not the one that was given.
"""
import hashlib
import json
import sqlite3
import sys

# A row's meaning: where a table keeps a number for a text, the text.
SELECT = {
    "poll": """SELECT t.seq, t.hash, c.source, c.scope, t.at_ms, t.elapsed_ms,
        CASE WHEN b.id IS NOT NULL THEN lower(hex(b.digest)) END AS body, t.observed_at, t.failure, t.message
        FROM poll t JOIN channel c ON c.id = t.channel LEFT JOIN body b ON b.id = t.body""",
}
TABLES = [
    "machine", "boot", "poll", "tick", "decision", "command", "intent", "attempt", "outcome",
    "discovery", "upkeep",
]


def rows(database, table):
    cursor = database.execute(
        SELECT.get(table, f'SELECT t.* FROM "{table}" t') + " ORDER BY t.seq"
    )
    names = [column[0] for column in cursor.description]
    for values in cursor:
        row = {name: value for name, value in zip(names, values) if value is not None}
        if table == "tick" and "shadow" in row:
            found = database.execute("SELECT digest FROM body WHERE id = ?", (row["shadow"],))
            row["shadow"] = found.fetchone()[0].hex()
        stored = row.pop("hash")
        yield row["seq"], table, row, stored


def canonical(row, table):
    text = json.dumps(
        dict(row, table=table), ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    return text.encode()


def main():
    database = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
    for digest, text in database.execute("SELECT digest, canonical FROM body"):
        if hashlib.sha256(text.encode()).digest() != digest:
            sys.exit(f"body {digest.hex()} has another digest")
    seals = dict()
    for first, last, end in database.execute("SELECT first, last, last_hash FROM seal"):
        seals[first] = (last, end)
    everything = sorted(
        (row for table in TABLES for row in rows(database, table)), key=lambda row: row[0]
    )
    place, value = 0, bytes(32)
    for sequence, table, row, stored in everything:
        while place + 1 in seals:
            place, value = seals[place + 1]
        if sequence != place + 1:
            sys.exit(f"row {place + 1} is missing")
        value = hashlib.sha256(value + canonical(row, table)).digest()
        if value != stored:
            sys.exit(f"row {sequence} of {table} is not as it was written")
        place = sequence
    print(f"{value.hex()} {place}")
    if len(sys.argv) > 2 and sys.argv[2] != value.hex():
        sys.exit("the head is another one")


main()
