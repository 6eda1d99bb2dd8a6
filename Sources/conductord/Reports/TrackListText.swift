import ConductorCore

extension TrackListReport {
    func text(on page: Page) -> String {
        guard !tracks.isEmpty else { return "No tracks." }
        var table = Table("TRACK", "STAGE", "PHASE", "LIGHT", "SINCE", "MACHINE")
        table.rows = tracks.map { track in
            [
                Cell(track.state.track.description, .bold),
                Cell(track.state.stage ?? "not placed"),
                track.state.retired
                    ? Cell("retired", .faint) : Cell(track.state.phase.name),
                track.light.cell,
                Cell(Words.clock(track.state.since.wall)),
                Cell(
                    [track.machine?.name, String(track.state.machine.prefix(8))]
                        .compactMap(\.self).joined(separator: " "),
                    .faint
                ),
            ]
        }
        return table.text(on: page)
    }
}
