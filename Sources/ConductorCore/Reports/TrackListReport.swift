/// What `track list` says.
package struct TrackListReport: Sendable {
    package var at: Instant?
    package var tracks: [TrackView]

    package init(at: Instant?, tracks: [TrackView]) {
        self.at = at
        self.tracks = tracks
    }

    /// The document of `track list --json`.
    package var json: JSON {
        [
            "tracks": .array(
                tracks.map { track in
                    [
                        "track": .string(track.state.track.description),
                        "stage": JSON(track.state.stage),
                        "phase": .string(track.state.phase.name),
                        "light": .string(track.light.rawValue),
                        "machine": .string(track.state.machine),
                        "since": JSON(track.state.since.wall),
                        "retired": .bool(track.state.retired),
                    ]
                }
            )
        ]
    }
}
