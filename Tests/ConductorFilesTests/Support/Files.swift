import ConductorCore
import ConductorFiles
import ConductorPorts
import Foundation

/// Files that exist in memory alone.
struct MemoryFiles: FileTree {
    var files: [String: [UInt8]]

    init(_ texts: [String: String]) { files = texts.mapValues { Array($0.utf8) } }

    func read(_ path: String, limit: Int) throws(UnreadableFile) -> [UInt8] {
        guard let bytes = files[path] else { throw UnreadableFile("there is no such file") }
        return Array(bytes.prefix(limit + 1))
    }

    func list(_ directory: String) -> [String]? {
        let inside = files.keys.filter { $0.hasPrefix(directory) }.map {
            String($0.dropFirst(directory.count))
        }
        return inside.isEmpty ? nil : inside.filter { !$0.contains("/") }
    }
}

/// The repository's root, found from this file.
let root = URL(filePath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

func text(of path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
}

/// A small machine and deployment without a fault, in parts that a test may replace.
struct Sample {
    var rules: [(key: String, text: String)] = [
        ("machine", "machine: sample"),
        ("version", "version: 1"),
        ("head", "head: vcs.head"),
        ("candidate", "candidate: {commit: rc.commit}"),
        ("parameters", "parameters: {limit: 5}"),
        (
            "stages",
            """
            stages:
              branched: {shelf: current}
              final_rc: {shelf: current, latch: candidate}
              rollout: {shelf: production}
              paused: {shelf: production, kind: waiting}
              done: {shelf: production, terminal: true}
            """
        ),
        (
            "conditions",
            """
            conditions:
              built: rc.commit == vcs.head
              no_bugs: tracker.open < params.limit
            """
        ),
        (
            "transitions",
            """
            transitions:
              - {from: branched, to: final_rc, when: [built]}
              - {from: final_rc, to: rollout, when: [no_bugs], do: [store.start]}
              - {from: rollout, to: done, manual: true, claims: [full]}
              - {from: paused, to: $previous, manual: true}
            """
        ),
        (
            "guards",
            """
            guards:
              - name: crashes
                watch: [rollout]
                when: quality.crash_free < 0.99
                blind_after: 6h
                to: paused
                do: [store.pause]
            """
        ),
    ]
    var config: [(key: String, text: String)] = [
        ("version", "version: 1"),
        (
            "sources",
            """
            sources:
              vcs: {kind: git, scope: release, repository: repository}
              rc: {kind: file, scope: release, path: rc.yaml, facts: {commit: string}}
              tracker: {kind: file, scope: release, path: t.yaml, facts: {open: int, url: string}}
              quality: {kind: file, scope: track, path: q.yaml, facts: {crash_free: double}}
            """
        ),
        (
            "actions",
            """
            actions:
              store.start: {kind: log, direction: raises}
              store.pause: {kind: log, direction: brakes}
            """
        ),
        ("claims", "claims: {full: {limit: 1, per: platform, within: 24h}}"),
        ("apps", "apps: {music: {platforms: [ios, android]}}"),
    ]
    var files: [String: String] = [:]

    /// Puts the top-level parts of `fragment` in place of those of the same key.
    mutating func replace(rules fragment: String) { Self.replace(fragment, in: &rules) }
    mutating func replace(config fragment: String) { Self.replace(fragment, in: &config) }

    private static func replace(_ fragment: String, in parts: inout [(key: String, text: String)]) {
        var replaced: [(key: String, text: String)] = []
        for line in fragment.split(separator: "\n", omittingEmptySubsequences: false) {
            if let first = line.first, !" \t-#}]".contains(first) || replaced.isEmpty {
                let key = String(line.prefix { $0 != ":" })
                replaced.append((key, String(line)))
            } else {
                replaced[replaced.count - 1].text += "\n" + line
            }
        }
        for part in replaced {
            if let index = parts.firstIndex(where: { $0.key == part.key }) {
                parts[index] = part
            } else {
                parts.append(part)
            }
        }
    }

    var rulesText: String { rules.map(\.text).joined(separator: "\n") + "\n" }
    var configText: String { config.map(\.text).joined(separator: "\n") + "\n" }

    func load(
        zones: @escaping RuleFiles.Zones = { _ in nil },
        previous: Deployment? = nil
    ) -> RuleFiles.Loaded {
        var texts = files
        texts["rules.yaml"] = rulesText
        texts["conductor.yaml"] = configText
        return RuleFiles.load(
            rules: "rules.yaml",
            config: "conductor.yaml",
            catalog: FakeCatalog(),
            files: MemoryFiles(texts),
            zones: zones,
            previous: previous
        )
    }
}

extension RuleFiles.Loaded {
    var rendered: String { faults.map(\.rendered).joined(separator: "\n") }
    var codes: [String] { faults.map(\.code.rawValue) }
}
