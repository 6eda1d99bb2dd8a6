import ConductorCore
import Foundation
import Testing

/// A secret that is planted where a backend can echo it, in every form that it could take.
@Suite struct `A planted secret` {
    private static let canary = "kanarie+v/ogel=\"geel'&<blå>\\漢🦊"

    /// Every form in which it must not be seen.
    private static let forms: [String: String] = {
        let bytes = Array(canary.utf8)
        var unreserved = CharacterSet.alphanumerics.intersection(
            CharacterSet(charactersIn: Unicode.Scalar(0)...Unicode.Scalar(0x7F))
        )
        unreserved.insert(charactersIn: "-._~")
        let json = JSON.string(canary).description.dropFirst().dropLast()
        var ascii = ""
        for unit in String(json).utf16 {
            ascii +=
                unit < 0x80
                ? String(UnicodeScalar(UInt8(unit))) : "\\u" + String(format: "%04x", unit)
        }
        var forms = [
            "raw": canary,
            "percent-encoded": canary.addingPercentEncoding(withAllowedCharacters: unreserved)
                ?? "",
            "hex": bytes.map { String(format: "%02x", $0) }.joined(),
            "HEX": bytes.map { String(format: "%02X", $0) }.joined(),
            "JSON": String(json),
            "JSON in ASCII": ascii,
            "HTML": canary.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
                .replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
                .replacing("'", with: "&#39;"),
        ]
        for offset in 0..<3 {
            let text = Data(Array("xyz".utf8.prefix(offset)) + bytes).base64EncodedString()
            // What depends on neighbours is no trace of it.
            forms["base64 at \(offset)"] = String(text.dropFirst(offset == 0 ? 0 : 4).dropLast(4))
        }
        return forms
    }()

    private func expectNoTrace(in text: String, _ place: String) {
        for (name, form) in Self.forms {
            #expect(!text.contains(form), "\(name) in \(place)")
        }
    }

    private static let rules = """
        machine: small
        version: 1
        stages:
          branched: {shelf: current}
          done: {shelf: current, terminal: true}
        conditions:
          ready:
            title: It is ready
            expr: tracker.ready && tracker.note != ""
        transitions:
          - {from: branched, to: done, when: [ready], do: [submit]}
        """

    private static func config(_ folder: String) -> String {
        """
        version: 1
        sources:
          tracker:
            kind: command
            scope: track
            argv: ["\(folder)/source", "${track}"]
            environment: {TOKEN: "file:\(folder)/secret"}
            facts: {ready: bool, note: string}
          broken:
            kind: command
            scope: track
            argv: ["\(folder)/broken"]
            environment: {TOKEN: "file:\(folder)/secret"}
            facts: {more: string}
        actions:
          submit:
            kind: command
            class: at_most_once
            direction: neutral
            argv: ["\(folder)/action"]
            environment: {TOKEN: "file:\(folder)/secret"}
        apps:
          music: {platforms: [ios]}
        """
    }

    @Test func `is nowhere: journal, log, errors, explain, JSON, arguments`() throws {
        let folder = FileManager.default.temporaryDirectory.path + "/canary-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true
        )
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func write(_ name: String, _ text: String, mode: Int = 0o644) throws {
            let path = "\(folder)/\(name)"
            try Data(text.utf8).write(to: URL(filePath: path))
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        }
        // In Base64 with what stands around it.
        let longer = (0..<3).map { offset in
            Data("\("xyz".prefix(offset))\(Self.canary)abc".utf8).base64EncodedString()
        }
        let all = (Self.forms.filter { !$0.key.hasPrefix("base64") }.values.sorted() + longer)
            .joined(separator: " | ")
        try write("secret", Self.canary + "\n", mode: 0o600)
        try write("rules.yaml", Self.rules)
        try write("conductor.yaml", Self.config(folder))
        try write("echo.txt", all)
        let note = JSON.object(["ready": .bool(true), "note": .string(all)])
        try write("answer.json", note.description)
        // Each shows its own arguments and everything that it was told.
        let seen = "tr '\\0' ' ' < /proc/$PPID/cmdline >> \(folder)/arguments\n"
        try write(
            "source",
            "#!/bin/sh\n\(seen)printf '%s' \"$*\" >> \(folder)/arguments\n"
                + "printf '%s' \"$TOKEN\" > \(folder)/told\ncat \(folder)/answer.json\n",
            mode: 0o755
        )
        try write(
            "broken",
            "#!/bin/sh\ncat \(folder)/echo.txt >&2\nprintf '%s' \"$TOKEN\" >&2\nexit 3\n",
            mode: 0o755
        )
        try write(
            "action",
            "#!/bin/sh\n\(seen)cat \(folder)/echo.txt >&2\nexit 9\n",
            mode: 0o755
        )
        let state = "\(folder)/state"
        let places = [
            "--state", state, "--rules", "\(folder)/rules.yaml", "--config",
            "\(folder)/conductor.yaml",
        ]
        var output = ""
        func run(_ arguments: [String]) throws {
            let ran = try Ran.conductord(arguments)
            output += ran.output + ran.errors
            if arguments.first == "check" { #expect(ran.code == 0, "\(ran.output)\(ran.errors)") }
        }
        try run(["check"] + places)
        try run(["track", "add", "music/ios/8.9.2"] + places)
        for _ in 0..<3 { try run(["run", "--once", "--log-level", "debug"] + places) }
        let told = try String(contentsOfFile: "\(folder)/told", encoding: .utf8)
        #expect(told == Self.canary, "the adapter was given the secret")
        let reading = ["--state", state]
        for command in ["status", "timeline", "explain", "verify", "replay"] {
            let track = ["timeline", "explain"].contains(command) ? ["music/ios/8.9.2"] : []
            try run([command] + track + reading)
            try run([command] + track + reading + ["--json"])
        }
        try run(["export", "-"] + reading)
        #expect(output.contains("***"), "what was echoed is masked")
        #expect(output.contains("\"rejected\""), "the action's words are in the journal")
        expectNoTrace(in: output, "what is printed")
        for name in try FileManager.default.contentsOfDirectory(atPath: state) {
            let url = URL(filePath: "\(state)/\(name)")
            guard let bytes = try? Data(contentsOf: url), name != "reserve" else { continue }
            expectNoTrace(in: String(decoding: bytes, as: UTF8.self), name)
        }
        let arguments = try String(contentsOfFile: "\(folder)/arguments", encoding: .utf8)
        #expect(!arguments.isEmpty)
        expectNoTrace(in: arguments, "the arguments of processes")
    }
}
