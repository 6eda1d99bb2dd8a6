extension Replay {
    /// One tick of one track where the recorded decision does not come out again.
    package struct Divergence: Sendable, Equatable, Codable {
        package enum Kind: String, Sendable, Equatable, Codable {
            /// The decision's bytes differ.
            case decision
            /// The decision is the same, the state after it is not.
            case state
            /// Nothing is recorded where something is decided now.
            case missing
            /// Something is recorded where nothing is decided now.
            case extra
        }

        package var tick: Int
        package var track: TrackID
        package var kind: Kind
        package var recorded: String?
        package var now: String?
        /// The engine that decided what is recorded, as its boot row says.
        package var engine: String?
    }
}
