package import CEL

/// The offsets of a time zone that conditions name, as a start records them.
///
/// So a replay needs no zone data of its own, and which data decided can be told.
package struct RecordedZone: Sendable, Equatable {
    package var zone: ZoneRules.Zone

    package init(_ zone: ZoneRules.Zone) { self.zone = zone }

    /// A number over the offsets, to compare the data of two machines by.
    package var digest: String { ZoneRules([zone]).digest() }
}

extension RecordedZone: Codable {
    private enum CodingKeys: String, CodingKey { case name, offset, changes, digest }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let changes = try container.decode([[Int64]].self, forKey: .changes)
        zone = ZoneRules.Zone(
            name: try container.decode(String.self, forKey: .name),
            initialOffset: try container.decode(Int32.self, forKey: .offset),
            transitions: changes.compactMap { change in
                guard change.count == 2, let offset = Int32(exactly: change[1]) else { return nil }
                return .init(from: change[0], offset: offset)
            }
        )
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(zone.name, forKey: .name)
        try container.encode(zone.initialOffset, forKey: .offset)
        try container.encode(
            zone.transitions.map { [$0.from, Int64($0.offset)] },
            forKey: .changes
        )
        try container.encode(digest, forKey: .digest)
    }
}
