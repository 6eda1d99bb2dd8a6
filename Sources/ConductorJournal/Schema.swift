import GRDB

/// The database's shape, as named steps.
///
/// A step that was released is never changed again.
enum Schema {
    /// Marks the file as a journal of conductord: "cond".
    static let applicationID: Int32 = 0x636f_6e64

    static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1: rows and chain") { database in
            try database.execute(sql: rowsAndChain)
            try database.execute(sql: "PRAGMA application_id = \(applicationID)")
        }
        migrator.registerMigration("2: calendars and successors") { database in
            // The calendars in force, with the offsets of their time zones.
            try database.execute(sql: "ALTER TABLE boot ADD COLUMN calendars TEXT")
            // Finished tracks that a newer version has followed, by name.
            try database.execute(sql: "ALTER TABLE tick ADD COLUMN successors TEXT")
        }
        migrator.registerMigration("3: seals and upkeep") { database in
            try database.execute(sql: sealsAndUpkeep)
        }
        migrator.registerMigration("4: time zones of conditions") { database in
            // The time zones that conditions name, with their offsets.
            try database.execute(sql: "ALTER TABLE boot ADD COLUMN zones TEXT")
        }
        return migrator
    }()

    /// What a file holds, judged before anything is written to it.
    enum Kind {
        case empty, journal, newer, older, foreign
    }

    static func kind(_ database: Database) throws -> Kind {
        let mark = try Int32.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        // The list of steps is made first: a file that was cut off there is none yet.
        let others = "SELECT count(*) FROM sqlite_master WHERE tbl_name <> 'grdb_migrations'"
        let objects = try Int.fetchOne(database, sql: others) ?? 0
        if mark == 0 && objects == 0 { return .empty }
        guard mark == applicationID else { return .foreign }
        if try migrator.hasBeenSuperseded(database) { return .newer }
        return try migrator.hasCompletedMigrations(database) ? .journal : .older
    }

    /// The definition of every table, index, view and trigger, by name.
    static func objects(_ database: Database) throws -> [String: String] {
        var objects: [String: String] = [:]
        let sql = "SELECT type || ' ' || name, sql FROM sqlite_master WHERE sql IS NOT NULL"
        for row in try Row.fetchAll(database, sql: sql) { objects[row[0]] = row[1] }
        return objects
    }

    /// What is not as the present schema has it, in order of name.
    static func differences(_ stored: [String: String]) throws -> [(String, String)] {
        let queue = try DatabaseQueue()
        try migrator.migrate(queue)
        let right = try queue.inDatabase(objects)
        return Set(stored.keys).union(right.keys).sorted().compactMap { name in
            switch (stored[name], right[name]) {
            case (let here?, let there?): here == there ? nil : (name, "is defined otherwise")
            case (nil, _): (name, "is missing")
            case (_, nil): (name, "is not of the journal")
            }
        }
    }

    // Times are whole milliseconds: `at_ms` since 1970-01-01T00:00:00Z by the wall clock,
    // `elapsed_ms` since the journal's first boot. Lists and mappings are canonical JSON.
    private static let rowsAndChain = """
        -- Facts of one observation, or another text that many rows share. Stored once; rows name
        -- it by its id, and the chain covers its digest (SHA-256 of canonical).
        CREATE TABLE body (
            id INTEGER PRIMARY KEY,
            digest BLOB NOT NULL UNIQUE,
            canonical TEXT NOT NULL
        ) STRICT;

        -- A source at a scope. The chain covers both texts with each poll.
        CREATE TABLE channel (
            id INTEGER PRIMARY KEY,
            source TEXT NOT NULL,
            scope TEXT NOT NULL,
            UNIQUE (source, scope)
        ) STRICT;

        CREATE TABLE machine (
            seq INTEGER PRIMARY KEY,
            digest TEXT NOT NULL,
            canonical TEXT NOT NULL,
            source TEXT NOT NULL,
            hash BLOB NOT NULL
        ) STRICT;
        CREATE INDEX machine_by_digest ON machine (digest);

        CREATE TABLE boot (
            seq INTEGER PRIMARY KEY,
            at_ms INTEGER NOT NULL,
            elapsed_ms INTEGER NOT NULL,
            engine TEXT NOT NULL,
            files TEXT NOT NULL,
            process INTEGER NOT NULL,
            hash BLOB NOT NULL
        ) STRICT;

        -- Either body, or failure and message.
        CREATE TABLE poll (
            seq INTEGER PRIMARY KEY,
            channel INTEGER NOT NULL REFERENCES channel (id),
            at_ms INTEGER NOT NULL,
            elapsed_ms INTEGER NOT NULL,
            body INTEGER REFERENCES body (id),
            observed_at TEXT,
            failure TEXT,
            message TEXT,
            hash BLOB NOT NULL
        ) STRICT;
        CREATE INDEX poll_good ON poll (channel) WHERE failure IS NULL;
        CREATE INDEX poll_failed ON poll (channel) WHERE failure IS NOT NULL;

        CREATE TABLE tick (
            seq INTEGER PRIMARY KEY,
            number INTEGER NOT NULL,
            at_ms INTEGER NOT NULL,
            elapsed_ms INTEGER NOT NULL,
            wall_step_ms INTEGER,
            stop_file INTEGER NOT NULL,
            shadow INTEGER REFERENCES body (id),
            denied TEXT,
            hash BLOB NOT NULL
        ) STRICT;
        CREATE INDEX tick_by_number ON tick (number);
        CREATE INDEX tick_by_time ON tick (at_ms);

        CREATE TABLE decision (
            seq INTEGER PRIMARY KEY,
            tick INTEGER NOT NULL,
            track TEXT NOT NULL,
            decision TEXT NOT NULL,
            state TEXT NOT NULL,
            hash BLOB NOT NULL
        ) STRICT;
        CREATE INDEX decision_by_track ON decision (track);

        CREATE TABLE command (
            seq INTEGER PRIMARY KEY,
            at_ms INTEGER NOT NULL,
            elapsed_ms INTEGER NOT NULL,
            id TEXT NOT NULL,
            actor TEXT NOT NULL,
            scope TEXT NOT NULL,
            request TEXT NOT NULL,
            details TEXT,
            reason TEXT,
            based_on INTEGER,
            hash BLOB NOT NULL
        ) STRICT;
        CREATE INDEX command_by_id ON command (id);
        CREATE INDEX command_by_scope ON command (scope);

        CREATE TABLE intent (
            seq INTEGER PRIMARY KEY,
            tick INTEGER NOT NULL,
            key TEXT NOT NULL,
            track TEXT NOT NULL,
            scope TEXT NOT NULL,
            step INTEGER NOT NULL,
            ordinal INTEGER NOT NULL,
            action TEXT NOT NULL,
            kind TEXT NOT NULL,
            class TEXT NOT NULL,
            direction TEXT NOT NULL,
            lane TEXT NOT NULL,
            blocking INTEGER NOT NULL,
            policy TEXT NOT NULL,
            parameters TEXT NOT NULL,
            hash BLOB NOT NULL
        ) STRICT;
        CREATE INDEX intent_by_track ON intent (track);
        CREATE INDEX intent_by_key ON intent (key);

        CREATE TABLE attempt (
            seq INTEGER PRIMARY KEY,
            at_ms INTEGER NOT NULL,
            elapsed_ms INTEGER NOT NULL,
            key TEXT NOT NULL,
            track TEXT NOT NULL,
            purpose TEXT NOT NULL,
            number INTEGER NOT NULL,
            hash BLOB NOT NULL
        ) STRICT;
        CREATE INDEX attempt_by_track ON attempt (track);

        CREATE TABLE outcome (
            seq INTEGER PRIMARY KEY,
            at_ms INTEGER NOT NULL,
            elapsed_ms INTEGER NOT NULL,
            key TEXT NOT NULL,
            track TEXT NOT NULL,
            number INTEGER NOT NULL,
            purpose TEXT NOT NULL,
            answer TEXT NOT NULL,
            details TEXT,
            hash BLOB NOT NULL
        ) STRICT;
        CREATE INDEX outcome_by_track ON outcome (track);

        CREATE TABLE discovery (
            seq INTEGER PRIMARY KEY,
            at_ms INTEGER NOT NULL,
            elapsed_ms INTEGER NOT NULL,
            track TEXT NOT NULL,
            machine TEXT NOT NULL,
            found_by TEXT NOT NULL,
            stage TEXT,
            since_ms INTEGER,
            hash BLOB NOT NULL
        ) STRICT;
        CREATE INDEX discovery_by_track ON discovery (track);

        -- For people who look with other tools; the program reads the tables alone.
        CREATE VIEW poll_in_words AS
            SELECT p.seq, strftime('%Y-%m-%dT%H:%M:%SZ', p.at_ms / 1000, 'unixepoch') AS at,
                c.source, c.scope, p.failure, p.message, p.observed_at, b.canonical AS facts
            FROM poll p JOIN channel c ON c.id = p.channel LEFT JOIN body b ON b.id = p.body;
        """

    private static let sealsAndUpkeep = """
        -- A journal that was made between two steps has them already.
        CREATE INDEX IF NOT EXISTS command_by_request ON command (request, scope);
        CREATE INDEX IF NOT EXISTS outcome_by_key ON outcome (key);

        -- What was done to the journal itself: restored, pruned; and whether the disk is full.
        CREATE TABLE upkeep (
            seq INTEGER PRIMARY KEY,
            at_ms INTEGER NOT NULL,
            elapsed_ms INTEGER NOT NULL,
            event TEXT NOT NULL,
            details TEXT,
            hash BLOB NOT NULL
        ) STRICT;

        -- Rows that were pruned: an unbroken run of places. The hash of the last of them is what
        -- the next row is chained to. The newest 'pruned' of upkeep has the digest of this table.
        CREATE TABLE seal (
            first INTEGER PRIMARY KEY,
            last INTEGER NOT NULL,
            first_hash BLOB NOT NULL,
            last_hash BLOB NOT NULL
        ) STRICT;
        """
}
