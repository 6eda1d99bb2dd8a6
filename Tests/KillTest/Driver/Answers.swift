/// What `status --json` says, as far as it matters here.
struct Status: Decodable {
    struct Track: Decodable {
        var track: String
        var stage: String?
        var phase: String
        var step: Int
        /// What is under way, or what is wrong and what to do.
        var work: [String]
    }

    var tracks: [Track]
}

/// What `verify --json` says.
struct Verification: Decodable {
    struct Fault: Decodable {
        var table: String?
        var row: Int?
        var what: String
    }

    var ok: Bool
    var entries: Int
    var faults: [Fault]
}

/// What `replay --json` says.
struct Replayed: Decodable {
    struct Divergence: Decodable {
        var tick: Int
        var track: String?
        var kind: String
    }

    var ticks: Int
    var decided: Int
    var divergences: [Divergence]
}
