import Foundation

/// A deployment in a directory of its own: a small machine, a file for each track that opens its
/// gate, and actions of the three classes that must be told apart after a kill.
struct Scene {
    /// The classes, in the order in which each transition acts; also the first words of the lines.
    static let classes = ["create_once", "at_most_once", "at_least_once"]
    /// Transitions from the first stage to the last.
    static let transitions = 3
    static let lastStage = "done"

    let directory: URL
    var state: URL { directory.appending(path: "state") }
    var effects: URL { directory.appending(path: "effects") }

    /// Makes the directory and its files.
    ///
    /// Where it `isBlind`, the probe looks into a file that is not there.
    init(effectLog: URL, isBlind: Bool) throws {
        directory = FileManager.default.temporaryDirectory
            .appending(path: "conductord-kill-test-\(getpid())")
        let gates = directory.appending(path: "gates")
        try FileManager.default.createDirectory(at: gates, withIntermediateDirectories: true)
        try write(Self.rules, "release-states.yaml")
        try write(configuration(effectLog, isBlind: isBlind), "conductor.yaml")
        try write("", "effects")
    }

    /// A track's whole name.
    static func track(_ number: Int) -> String { "app/any/1.\(number)" }

    /// Says whether a track may move: the file that its source reads, replaced in one step.
    func setGate(of number: Int, open: Bool) throws {
        try write("{\"open\": \(open)}", "gates/1.\(number).json")
    }

    func remove() { try? FileManager.default.removeItem(at: directory) }

    private func write(_ text: String, _ name: String) throws {
        try Data(text.utf8).write(to: directory.appending(path: name), options: .atomic)
    }

    private static let rules = """
        machine: kill-test
        version: 1

        stages:
          start: {shelf: upcoming}
          first: {shelf: current}
          second: {shelf: current}
          done: {shelf: production, terminal: true}

        conditions:
          gate_open: gate.open

        transitions:
          - {from: start, to: first, when: gate_open, do: [create, once, again]}
          - {from: first, to: second, when: gate_open, do: [create, once, again]}
          - {from: second, to: done, when: gate_open, do: [create, once, again]}
        """

    /// The first action raises, so its transition takes the road of the second look too.
    private func configuration(_ effectLog: URL, isBlind: Bool) -> String {
        let program = effectLog.path
        let file = effects.path
        let seen = isBlind ? directory.appending(path: "nothing").path : file
        return """
            version: 1
            tick: 1s

            sources:
              gate:
                kind: file
                scope: track
                every: 1s
                path: gates/${version}.json
                facts: {open: bool}

            actions:
              create:
                kind: command
                class: create_once
                direction: raises
                deadline: 4s
                settle: 500ms
                backoff: 100ms
                tries: 100
                argv: ["\(program)", perform, "\(file)", create_once]
                probe: ["\(program)", probe, "\(seen)"]
              once:
                kind: command
                class: at_most_once
                direction: neutral
                deadline: 4s
                argv: ["\(program)", perform, "\(file)", at_most_once]
              again:
                kind: command
                class: at_least_once
                direction: neutral
                deadline: 4s
                backoff: 100ms
                tries: 100
                argv: ["\(program)", perform, "\(file)", at_least_once]

            apps:
              app:
                machine: release-states.yaml
                platforms: [any]
                sources: {gate: gate}
                actions: {create: create, once: once, again: again}
            """
    }
}
