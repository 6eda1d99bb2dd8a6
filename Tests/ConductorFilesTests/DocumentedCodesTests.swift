import ConductorCore
import ConductorFiles
import Foundation
import Testing

/// A fenced block of a page.
struct Fence: Sendable, CustomStringConvertible {
    var info: String
    var body: String

    var description: String { info }

    static func all(in page: String) -> [Fence] {
        var fences: [Fence] = []
        var open: Fence?
        for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                if let fence = open {
                    fences.append(fence)
                    open = nil
                } else {
                    open = Fence(info: String(line.dropFirst(3)), body: "")
                }
            } else {
                open?.body += line + "\n"
            }
        }
        return fences
    }
}

@Suite struct `The page about rules` {
    static let page = (try? text(of: "Docs/release-states.md")) ?? ""
    static let fences = Fence.all(in: page)
    static let examples = fences.filter {
        $0.info.wholeMatch(of: /yaml [EW][0-9]{3}/) != nil
    }

    @Test(arguments: examples) func `has an example that fails as it says`(_ example: Fence) {
        var sample = Sample()
        let isConfig = example.body.hasPrefix("# conductor.yaml\n")
        let isRules = example.body.hasPrefix("# release-states.yaml\n")
        #expect(isConfig || isRules)
        let fragment = example.body.split(separator: "\n", omittingEmptySubsequences: false)
            .dropFirst().joined(separator: "\n")
        if isConfig { sample.replace(config: fragment) } else { sample.replace(rules: fragment) }
        let loaded = sample.load()
        let code = String(example.info.suffix(4))
        #expect(Set(loaded.codes) == [code], "\(loaded.rendered)")
        #expect((loaded.deployment == nil) == code.hasPrefix("E"))
    }

    @Test func `has one section and one example for every code`() {
        let documented = Self.examples.map { String($0.info.suffix(4)) }
        #expect(documented.sorted() == FaultCode.allCases.map(\.rawValue).sorted())
        for code in FaultCode.allCases {
            #expect(Self.page.contains("\n### \(code.rawValue): \(code.title)\n"))
        }
        #expect(FaultCode.allCases.count >= 40)
    }

    @Test func `shows the machine that its examples change`() {
        let sample = Sample()
        #expect(
            Self.fences.first { $0.info == "yaml sample release-states.yaml" }?.body
                == sample.rulesText
        )
        #expect(
            Self.fences.first { $0.info == "yaml sample conductor.yaml" }?.body
                == sample.configText
        )
    }

    @Test func `draws the machine at the root as it is`() throws {
        let app = try #require(try `The files at the root`.load().deployment?.app("music"))
        let machine = try #require(app.machines["ios"])
        let drawn = Self.fences.first { $0.info == "mermaid" }?.body
        #expect(drawn == MermaidMap(of: machine).text, "\n\(MermaidMap(of: machine).text)")
        let front = try text(of: "README.md")
        let picture = MermaidMap(of: machine).text.split(separator: "\n").joined(separator: "\n")
        #expect(front.contains("```mermaid\n\(picture)\n```\n"), "run: conductord map")
    }
}

@Suite struct `The page about the configuration` {
    @Test func `names every key that the reader knows`() throws {
        let page = try text(of: "Docs/configuration.md")
        for key in [
            "version", "tick", "http", "sources", "actions", "claims", "apps", "include", "kind",
            "scope",
            "every", "timeout", "class", "direction", "lane", "blocking", "deadline", "settle",
            "tries", "backoff", "machine", "platforms", "shadow", "parameters",
        ] {
            #expect(page.contains("| `\(key)` |"), "\(key)")
        }
    }

    @Test func `shows files that can be read`() throws {
        let fences = Fence.all(in: try text(of: "Docs/configuration.md"))
        #expect(fences.count >= 6)
        for fence in fences {
            var sample = Sample()
            sample.replace(config: fence.body)
            let syntax: Set<FaultCode> = [.notYAML, .duplicateKey, .wrongKind, .badDuration]
            let found = sample.load().faults.filter { syntax.contains($0.code) }
            #expect(found.isEmpty, "\(found)")
        }
    }
}
