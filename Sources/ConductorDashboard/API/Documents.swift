import ConductorCore

/// The documents of the API: what the command line prints with `--json`, in parts where it is long.
enum Documents {
    /// `status --json`, those tracks that fit, after one of them, no more than asked for.
    static func tracks(
        _ view: FleetView,
        filter: Filter,
        after: TrackID?,
        limit: Int
    ) -> (document: JSON, next: TrackID?) {
        let fitting = view.status.tracks.filter { track in
            filter.fits(track) && (after.map { $0 < track.state.track } ?? true)
        }
        var status = view.status
        status.tracks = Array(fitting.prefix(limit))
        let next = fitting.count > limit ? status.tracks.last?.state.track : nil
        var document = status.json
        document.set("tick", JSON(view.tick))
        document.set("next", JSON(next?.description))
        return (document, next)
    }

    /// `timeline --json`, with the events after a number of them, no more than asked for.
    static func timeline(_ report: TimelineReport, after: Int, limit: Int) -> (JSON, next: Int?) {
        var document = report.json
        let events = report.history.events
        let part = events.dropFirst(after).prefix(limit)
        let next = after + part.count < events.count ? after + part.count : nil
        document.set("events", .array(part.map(\.json)))
        document.set("next", next.map { JSON($0) } ?? .null)
        return (document, next)
    }

    /// The machines of the tracks that are shown.
    static func machines(_ view: FleetView) -> JSON {
        var found: [(digest: String, machine: Machine, tracks: [String])] = []
        for track in view.status.tracks {
            guard let machine = track.machine else { continue }
            let name = track.state.track.description
            if let place = found.firstIndex(where: { $0.digest == track.state.machine }) {
                found[place].tracks.append(name)
            } else {
                found.append((track.state.machine, machine, [name]))
            }
        }
        let items = found.map { item -> JSON in
            [
                "digest": .string(item.digest), "name": .string(item.machine.name),
                "version": JSON(item.machine.version), "tracks": JSON(item.tracks),
            ]
        }
        return ["machines": .array(items)]
    }

    /// A machine, as it decides and with what people read.
    static func machine(_ record: Entry.MachineRecord) throws -> JSON {
        [
            "digest": .string(record.digest), "canonical": try JSON(stored: record.canonical),
            "source": try JSON(stored: record.source),
        ]
    }
}

extension JSON {
    /// Sets a member of an object.
    mutating func set(_ name: String, _ value: JSON) {
        guard case .object(var members) = self else { return }
        members[name] = value
        self = .object(members)
    }
}
