import ConductorCore

/// How the daemon is.
enum Health: String, Sendable {
    /// Nothing was decided yet.
    case starting
    case ok
    /// It has not decided for too long.
    case late
    /// The journal cannot be written, so nothing is done.
    case fault

    init(of board: Board) {
        guard let shown = board.shown else {
            self = .starting
            return
        }
        self = shown.view.fault != nil ? .fault : board.isLate(shown) ? .late : .ok
    }

    /// The document of `/api/v1/health`.
    static func document(
        of board: Board,
        for grant: AccessGrant,
        version: String
    ) -> JSON {
        let shown = board.shown
        let view = shown?.view.part(for: grant)
        let status = view?.status
        return [
            "status": .string(Health(of: board).rawValue), "version": .string(version),
            "engine": .string(Conductor.engine), "tick": JSON(shown?.view.tick ?? 0),
            "at": JSON(status?.at), "fault": JSON(shown?.view.fault),
            "stop": .bool(status?.stop != nil), "disk_full": .bool(status?.isDiskFull == true),
            "reconciling": .bool(status?.isReconciling == true),
            "tracks": JSON(status?.tracks.count ?? 0), "streams": JSON(board.streams.count),
            "sources": .array((view?.sources ?? []).map(\.json)),
        ]
    }
}
