extension Entry {
    /// Something that was done to the journal itself, to the room that it has, or that it begins with.
    package struct Upkeep: Sendable, Equatable, Codable {
        package enum Event: Sendable, Equatable, Codable {
            /// The rows before this one came back from a backup that ended with this head.
            ///
            /// What was decided and sent after the backup is not known: every action that is not
            /// done is looked for before it is performed.
            case restored(head: String)
            /// Closed days were replaced by seals, up to and with this row; `rows` were taken out
            /// this time. `seals` is the digest of all seals as they stand after it.
            case pruned(through: Int64, rows: Int64, seals: String)
            /// The disk is full, or has room again.
            case room(low: Bool)
            /// The highest version that a source showed at its first look at an app on a platform
            /// (`place`: `app/platform`): what is not above it is discovered by nobody.
            case baseline(place: String, source: String, version: String)
        }

        package var at: Stamp
        package var event: Event

        package init(at: Stamp, event: Event) {
            self.at = at
            self.event = event
        }
    }
}

/// What a track remembers of a restored journal, for the rest of its life.
package struct Restoration: Sendable, Hashable, Codable {
    /// When the journal was restored.
    package var at: Stamp
    /// Keys of open actions that no probe has answered for yet.
    package var unprobed: [String]

    package init(at: Stamp, unprobed: [String]) {
        self.at = at
        self.unprobed = unprobed
    }
}
