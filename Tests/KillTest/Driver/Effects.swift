import Foundation

/// What was really done, by the file that only `effect-log` writes.
struct Effects {
    struct Effect {
        var kind: String
        var key: String
    }

    /// In the order in which they were done.
    let all: [Effect]

    init(_ file: URL) throws {
        all = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { line in
            let words = line.split(separator: " ").map(String.init)
            guard words.count == 3, Scene.classes.contains(words[0]) else {
                throw Failure("the file of effects holds '\(line)'")
            }
            return Effect(kind: words[0], key: words[1])
        }
    }

    /// How often each key of a class was done.
    func counts(of kind: String) -> [String: Int] {
        Dictionary(grouping: all.filter { $0.kind == kind }, by: \.key).mapValues(\.count)
    }

    /// What is wrong with them, given how the tracks ended.
    func faults(tracks: [Status.Track]) -> [String] {
        var faults: [String] = []
        for kind in ["create_once", "at_most_once"] {
            for (key, count) in counts(of: kind).sorted(by: { $0.key < $1.key }) where count > 1 {
                faults.append("\(kind): \(key) was done \(count) times")
            }
        }
        for track in tracks {
            let prefix = track.track + "/"
            // Every step that was gone did all that it had to.
            for kind in Scene.classes {
                let keys = counts(of: kind).keys.count { $0.hasPrefix(prefix) }
                let isDone = track.stage == Scene.lastStage && track.phase == "finished"
                let least = isDone ? Scene.transitions : max(0, track.step - 1)
                // A key in doubt may or may not be there; those of steps gone by must be.
                if keys < least || keys > Scene.transitions {
                    faults.append(
                        "\(track.track) is in \(track.stage ?? "no stage") (\(track.phase)) after"
                            + " step \(track.step), and did \(kind) under \(keys) keys"
                    )
                }
            }
        }
        return faults
    }
}
