import CEL
import Foundation
import Testing

/// The conditions of the default machine and of the benchmarks, with what they can see.
private enum Conditions {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The expressions of `release-states.yaml`: what follows `expr:` and `alarm:`, folded or not.
    static func ofDefaultMachine() throws -> [String] {
        let text = try String(
            contentsOf: root.appendingPathComponent("release-states.yaml"),
            encoding: .utf8
        )
        var found: [String] = []
        var folded: [String]?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let indent = line.prefix { $0 == " " }.count
            let content = line.dropFirst(indent)
            if let lines = folded {
                if indent > 4 {
                    folded = lines + [String(content)]
                    continue
                }
                found.append(lines.joined(separator: " "))
                folded = nil
            }
            guard indent == 4, content.hasPrefix("expr: ") || content.hasPrefix("alarm: ") else {
                continue
            }
            let value = content.drop { $0 != ":" }.dropFirst(2)
            if value == ">-" { folded = [] } else { found.append(String(value)) }
        }
        return found
    }

    static let ofBenchmarks = [
        "tracker.blockers.open == 0 && signoffs.all(s, s.state == \"approved\")",
        "quality.crash_free_users >= 0.995 && quality.anr_rate < 0.0047",
        "now - state.entered_at >= duration(\"24h\")",
        "builds.exists(b, b.commit == branch.head && b.status == \"success\")",
        "release.platform in [\"ios\", \"android\"] && branch.name.startsWith(\"release/\") "
            + "&& size(release.notes) > 20 "
            + "&& release.version.matches(\"^[0-9]+[.][0-9]+[.][0-9]+$\")",
        "(rollout.stage == \"canary\" ? quality.crash_free_sessions >= 0.99 "
            + ": quality.crash_free_sessions >= 0.998) && has(approvals.product_owner) "
            + "&& !(freeze.active || incidents.filter(i, i.severity in [\"sev1\", \"sev2\"]).size() > 0) "
            + "&& labels[\"train\"] == \"weekly\"",
    ]

    /// What the default machine sees, and what the benchmarks see.
    static let environments = [
        environment { $0 != "signoffs" }, environment { $0 != "signoff.teams" },
    ]

    private static func environment(_ isSeen: (String) -> Bool) -> Environment {
        func record(_ fields: (String, CELType)...) -> CELType {
            .record(fields.map { .init($0.0, $0.1) })
        }
        var environment = Environment(refusesNaN: true, requiresUniformLiterals: true)
        let facts: [(String, CELType)] = [
            ("vcs.branch.exists", .bool), ("vcs.head", .string),
            ("tracker.fixes.unmerged", .int), ("tracker.blockers.open", .int),
            ("rc.commit", .string), ("rc.build", .string), ("rc.verification", .string),
            ("rc.uploaded", .bool), ("candidate.commit", .string), ("candidate.build", .string),
            ("ci.tests.state", .string),
            (
                "signoff.teams",
                .list(record(("team", .string), ("state", .string), ("opted_out", .bool)))
            ),
            ("quality.crash_free_users", .double), ("quality.crash_free_sessions", .double),
            ("quality.anr_rate", .double), ("quality.sessions", .int),
            ("quality.content_plays", .int), ("store.review", .string), ("store.rollout", .string),
            ("people.store_approved", .bool), ("itgc.passed", .bool), ("itgc.data_loss", .double),
            ("store.rollout_fraction", .double), ("store.pause_days_left", .int),
            ("params.first_share", .double), ("params.min_crash_free", .double),
            ("params.max_anr_rate", .double),
            ("params.min_sessions", .int), ("params.min_content_plays", .int),
            ("params.spike_crash_free", .double), ("params.spike_anr_rate", .double),
            ("params.spike_sessions", .int), ("params.max_data_loss", .double),
            ("signoffs", .list(record(("who", .string), ("state", .string)))), ("now", .timestamp),
            ("state.entered_at", .timestamp),
            ("builds", .list(record(("commit", .string), ("status", .string)))),
            ("branch.head", .string), ("branch.name", .string), ("release.platform", .string),
            ("release.notes", .string), ("release.version", .string), ("rollout.stage", .string),
            ("approvals", .map(.string, .string)), ("freeze.active", .bool),
            ("incidents", .list(record(("id", .string), ("severity", .string)))),
            ("labels", .map(.string, .string)),
        ]
        for (name, type) in facts where isSeen(name) { environment.declare(name, as: type) }
        return environment
    }
}

@Suite struct `Slips in real conditions` {
    private struct Slip {
        var source: String
        var environment: Environment
        var column: Int
        var suggestion: String?
    }

    private static func conditions() throws -> [(Program, Environment)] {
        var programs: [(Program, Environment)] = []
        for (conditions, environment) in zip(
            [try Conditions.ofDefaultMachine(), Conditions.ofBenchmarks],
            Conditions.environments
        ) {
            for condition in conditions {
                programs.append((try Program(compiling: condition, in: environment), environment))
            }
        }
        return programs
    }

    /// The source with a part of it replaced.
    private static func replaced(
        _ source: String,
        _ range: Range<Int>,
        by text: String
    ) -> String {
        var scalars = Array(source.unicodeScalars)
        scalars.replaceSubrange(range, with: Array(text.unicodeScalars))
        return String(String.UnicodeScalarView(scalars))
    }

    /// What is told first of a text that must be refused.
    private static func refusal(_ slip: Slip) -> Diagnostic? {
        do throws(CompilationError) {
            _ = try Program(compiling: slip.source, in: slip.environment)
            Issue.record("not refused: \(slip.source)")
            return nil
        } catch {
            return error.diagnostics[0]
        }
    }

    private static func expect(_ slips: [Slip], least: Int) {
        for slip in slips {
            guard let refusal = refusal(slip) else { continue }
            #expect(refusal.position.line == 1)
            #expect(refusal.position.column == slip.column, "\(slip.source): \(refusal)")
            if let suggestion = slip.suggestion {
                // Fields after the name stay as they were.
                let found = refusal.suggestion ?? ""
                #expect(
                    found == suggestion || found.hasPrefix(suggestion + "."),
                    "\(slip.source): \(refusal)"
                )
            }
        }
        #expect(slips.count >= least)
    }

    /// A name with a letter dropped, swapped with the next or doubled, each place in turn.
    private static func misspelt(_ name: String) -> Set<String> {
        let letters = Array(name)
        var words: Set<String> = []
        for place in letters.indices where letters[place] != "." {
            var dropped = letters
            dropped.remove(at: place)
            words.insert(String(dropped))
            var doubled = letters
            doubled.insert(letters[place], at: place)
            words.insert(String(doubled))
            if place + 1 < letters.count, letters[place + 1] != "." {
                var swapped = letters
                swapped.swapAt(place, place + 1)
                words.insert(String(swapped))
            }
        }
        return words.subtracting([name])
    }

    @Test func `every misspelt fact is refused where it stands, and the right one is suggested`()
        throws
    {
        var slips: [Slip] = []
        for (program, environment) in try Self.conditions() {
            for node in program.tree.nodes {
                let name: String
                switch node.kind {
                case .variable(_, let variable): name = variable
                case .select(let operand, let field, _):
                    guard case .local(let local, _) = program.tree.nodes[operand].kind else {
                        continue
                    }
                    name = local + "." + field
                default: continue
                }
                let start = node.position.offset
                let prefix = name.split(separator: ".").first.map(String.init) ?? name
                for word in Self.misspelt(name) {
                    // The variable of a macro is no fact.
                    if case .select = node.kind, !word.hasPrefix(prefix + ".") { continue }
                    slips.append(
                        Slip(
                            source: Self.replaced(
                                program.source,
                                start..<(start + name.unicodeScalars.count),
                                by: word
                            ),
                            environment: environment,
                            column: node.position.column,
                            suggestion: name
                        )
                    )
                }
            }
        }
        Self.expect(slips, least: 1_000)
    }

    @Test func `every literal of a wrong type is refused where it stands`() throws {
        var slips: [Slip] = []
        for (program, environment) in try Self.conditions() {
            for node in program.tree.nodes {
                guard case .literal(let value) = node.kind else { continue }
                let others: [String]
                switch value {
                case .string: others = ["7", "1.5", "true", "2u", "b\"x\"", "[1]", "null"]
                case .int, .double: others = ["\"7\"", "true", "b\"x\"", "[1]", "null", "{}"]
                case .bool: others = ["\"true\"", "1", "1.5", "2u", "[true]", "null", "{}"]
                default: continue
                }
                let start = node.position.offset
                for other in others {
                    slips.append(
                        Slip(
                            source: Self.replaced(
                                program.source,
                                start..<(start + node.length),
                                by: other
                            ),
                            environment: environment,
                            column: node.position.column
                        )
                    )
                }
            }
        }
        Self.expect(slips, least: 150)
    }

    /// The texts between the commas of a call's brackets.
    private static func arguments(of call: ArraySlice<Unicode.Scalar>) -> [String] {
        var parts = [""]
        var depth = 0
        var quote: Unicode.Scalar?
        for scalar in call {
            if let open = quote {
                if scalar == open { quote = nil }
            } else {
                switch scalar {
                case "\"", "'": quote = scalar
                case "(", "[", "{":
                    depth += 1
                    if depth == 1 { continue }
                case ")", "]", "}":
                    depth -= 1
                    if depth == 0 { continue }
                case "," where depth == 1:
                    parts.append("")
                    continue
                default: break
                }
            }
            parts[parts.count - 1].unicodeScalars.append(scalar)
        }
        return parts == [""] ? [] : parts
    }

    /// The brackets of a call with each number of arguments from none to three more, but for its
    /// own and those that the function also takes.
    private static func wrong(_ own: [String], of function: String) -> [String] {
        let counts = 0...(own.count + 3)
        let alsoTaken: Set<Int> = function == "filter" || function == "has" ? [] : [2, 3]
        let isMacro = ["all", "exists", "exists_one", "filter", "map", "has"].contains(function)
        return counts.compactMap { count in
            guard count != own.count, !(isMacro && alsoTaken.contains(count)) else { return nil }
            let more = Array(repeating: "1", count: max(0, count - own.count))
            return "(" + (own.prefix(count) + more).joined(separator: ",") + ")"
        }
    }

    @Test func `every wrong number of arguments is refused at the function`() throws {
        var slips: [Slip] = []
        for (program, environment) in try Self.conditions() {
            for node in program.tree.nodes {
                let name: String
                switch node.kind {
                case .call(let function, _, _, _) where function.first?.isLetter ?? false:
                    name = function
                case .comprehension(let comprehension): name = comprehension.function
                case .select(_, _, isTest: true): name = "has"
                default: continue
                }
                let scalars = Array(program.source.unicodeScalars)
                let anchor = name == "has" ? node.position : node.anchor
                let start = anchor.offset + name.unicodeScalars.count
                guard scalars[start] == "(" else {
                    Issue.record("\(name) is not followed by a bracket in \(program.source)")
                    continue
                }
                let end = node.position.offset + node.length
                let own = Self.arguments(of: scalars[start..<end])
                for arguments in Self.wrong(own, of: name) {
                    slips.append(
                        Slip(
                            source: Self.replaced(
                                program.source,
                                start..<end,
                                by: arguments
                            ),
                            environment: environment,
                            column: anchor.column
                        )
                    )
                }
            }
        }
        Self.expect(slips, least: 20)
    }
}
