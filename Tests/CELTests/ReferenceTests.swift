import Foundation
import Testing

@testable import CEL

@Suite struct `The reference of the module` {
    @Test func `has every function, macro and error`() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Sources/CEL/CEL.docc")
        func text(_ name: String) throws -> String {
            try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
        }
        let functions = try text("Functions.md")
        for name in Library.functions.keys where name.first?.isLetter ?? false {
            let isThere =
                functions.contains("`\(name)(") || functions.contains(".\(name)(")
            #expect(isThere, "\(name) is not in Functions.md")
        }
        let macros = try text("Macros.md")
        for name in Library.macros { #expect(macros.contains("\(name)("), "\(name)") }
        let errors = try text("Errors.md")
        let source = try String(
            contentsOf: folder.deletingLastPathComponent()
                .appendingPathComponent("Evaluation/Outcome.swift"),
            encoding: .utf8
        )
        for line in source.split(separator: "\n") where line.hasPrefix("        case ") {
            let words = line.split(separator: " ")
            let code = words.count > 3 ? words[3].filter { $0 != "\"" } : String(words[1])
            #expect(errors.contains("| \(code) |"), "\(code)")
        }
    }
}
