/// What `timeline` says.
package struct TimelineReport: Sendable {
    package var history: TrackHistory
    /// The wall time of the journal's last tick, up to which the present stage is counted.
    package var at: Instant?

    package init(history: TrackHistory, at: Instant?) {
        self.history = history
        self.at = at
    }

    /// The document of `timeline --json`.
    package var json: JSON {
        [
            "track": .string(history.track.description),
            "at": JSON(at),
            "stages": .array(
                history.stays.map { stay in
                    [
                        "stage": .string(stay.stage), "from": JSON(stay.from),
                        "until": JSON(stay.until),
                        "seconds": JSON(seconds: length(of: stay)),
                        "held": .array(
                            holdings(in: stay).map { held in
                                [
                                    "by": .string(held.by), "leaf": .string(held.leaf),
                                    "seconds": JSON(seconds: held.length),
                                ]
                            }
                        ),
                    ]
                }
            ),
            "events": .array(history.events.map(\.json)),
        ]
    }

    /// How long a stay lasted; the present one, up to the last tick.
    package func length(of stay: TrackHistory.Stay) -> Span {
        max(.zero, (stay.until ?? at ?? stay.from) - stay.from)
    }

    /// What held the track in a stay, longest first.
    package func holdings(in stay: TrackHistory.Stay) -> [TrackHistory.Holding] {
        history.holdings(in: stay, until: at ?? stay.from)
    }
}
