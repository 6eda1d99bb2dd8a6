import ConductorCore

/// What `--version` prints.
enum Version {
    static let text = Conductor.engine
}
