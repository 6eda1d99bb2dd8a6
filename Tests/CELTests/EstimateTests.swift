import CEL
import Testing

@Suite struct `The estimate of the cost` {
    private func program(_ source: String, _ environment: Environment = facts) throws -> Program {
        try Program(compiling: source, in: environment)
    }

    @Test(arguments: [
        "tracker.blockers.open == 0 && signoffs.all(s, s.state == 'approved')",
        "signoffs.exists(a, signoffs.exists(b, a.who == b.who && a.state != b.state))",
        "branch.name.replace('a', 'bb').split('/').map(x, x + x).join('-').size() > 3",
        "labels.all(k, v, k.matches('^[a-z]+$') && v in ['weekly', 'daily'])",
        "tracker.blockers.list.sort().slice(0, 1).map(x, x.upperAscii()) == ['A']",
        "'%s of %d'.format([tracker.blockers.list, tracker.total]).contains('x')",
    ])
    func `is no less than what an evaluation takes`(source: String) throws {
        let text = Value.string(String(repeating: "a/é", count: 64))
        let signoff = Value.map(MapValue(fields: [("who", text), ("state", .string("approved"))]))
        let values: [String: Value] = [
            "tracker.blockers.open": .int(0), "tracker.total": .int(7),
            "tracker.blockers.list": .list(Array(repeating: text, count: 50)),
            "signoffs": .list(Array(repeating: signoff, count: 50)), "branch.name": text,
            "labels": .map(MapValue(fields: (0..<50).map { ("k\($0)", .string("weekly")) })),
        ]
        let program = try program(source)
        let slots = program.variables.map { values[$0].map(Slot.value) ?? .unbound }
        let (outcome, steps, bytes) = program.evaluateMeasuring(slots)
        guard case .value = outcome else {
            Issue.record("\(outcome)")
            return
        }
        let estimate = program.estimatedCost()
        #expect(steps > 0)
        #expect(estimate.steps >= steps)
        #expect(estimate.bytesProduced >= bytes)
    }

    @Test func `grows with the sizes that are hinted at`() throws {
        let program = try program("signoffs.all(s, s.state == 'approved')")
        let small = program.estimatedCost(SizeHints(octets: 10, sizes: ["signoffs": 5]))
        let large = program.estimatedCost(SizeHints(sizes: ["signoffs": 5_000]))
        #expect(small.steps < 200)
        #expect(large.steps > 5_000)
        #expect(large.steps > 500 * small.steps / 10)
        let texts = try self.program("branch.name + branch.name == 'x'")
        #expect(
            texts.estimatedCost(SizeHints(sizes: ["branch.name": 10])).bytesProduced
                < texts.estimatedCost(SizeHints(sizes: ["branch.name": 1_000])).bytesProduced
        )
    }

    @Test func `refuses what is above the limit, where the expression stands`() throws {
        var limits = Limits.standard
        limits.estimatedSteps = 10_000
        var environment = Environment(limits: limits)
        environment.declare("names", as: .list(.string))
        environment.sizeHints = SizeHints(sizes: ["names": 100, "names[]": 20])
        _ = try program("names.all(a, a != '')", environment)
        let source = "names.all(a, names.all(b, names.all(c, a + b != c)))"
        do throws(CompilationError) {
            _ = try Program(compiling: source, in: environment)
            Issue.record("not refused")
        } catch {
            #expect(error.diagnostics.map(\.code) == [.tooLarge])
            #expect(error.diagnostics[0].phase == .check)
            #expect(error.diagnostics[0].position == .start)
            #expect(error.diagnostics[0].length == source.unicodeScalars.count)
        }
    }

    @Test func `saturates instead of trapping`() throws {
        let source =
            String(repeating: "signoffs.all(a, ", count: 30) + "true"
            + String(repeating: ")", count: 30)
        #expect(try program(source).estimatedCost().steps == .max)
    }
}

@Suite struct `Zone rules` {
    private static func rules(_ offset: Int32) -> ZoneRules {
        ZoneRules(
            [
                .init(
                    name: "Europe/Berlin",
                    initialOffset: 3_600,
                    transitions: [.init(from: 1_000, offset: offset)]
                ),
                .init(name: "Asia/Kathmandu", initialOffset: 20_700),
            ],
            version: "2026a"
        )
    }

    @Test func `can be named: the version, and a digest of the zones that count`() {
        let rules = Self.rules(7_200)
        #expect(rules.version == "2026a")
        #expect(rules.digest() == Self.rules(7_200).digest())
        #expect(rules.digest() != Self.rules(3_600).digest())
        #expect(
            rules.digest(of: ["Asia/Kathmandu"]) == Self.rules(3_600).digest(of: ["Asia/Kathmandu"])
        )
        #expect(rules.digest().utf8.count == 16)
    }

    @Test func `that are missing are told, and are never UTC`() throws {
        let rules = Self.rules(7_200)
        #expect(
            rules.missing(from: ["Europe/Berlin", "UTC", "+02:00", "US/Central"]) == ["US/Central"]
        )
        let program = try Program(
            compiling: "timestamp(0).getHours('US/Central')",
            in: Environment()
        )
        guard case .error(let error) = program.evaluate([], zones: rules) else {
            Issue.record("no error")
            return
        }
        #expect(error.code == .invalidArgument)
        #expect(error.message.contains("US/Central"))
    }
}
