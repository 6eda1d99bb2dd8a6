import AllocationCount
import CEL
import ConductorCore
import Foundation

/// What one evaluation of a realistic condition takes, beside the same by hand and in Python.
struct CELBenchmark {
    func run() throws -> Report {
        let snapshot = ReleaseSnapshot()
        let python = PythonReference.measure(snapshot)
        var report = Report(
            title: "Conditions: one evaluation of a compiled program (median of 9)",
            columns: [
                "", "CEL", "by hand in Swift", "x by hand", "Python", "x Python", "to compile",
                "allocations",
            ]
        )
        var products = (cel: 1.0, swift: 1.0, python: 1.0)
        var compiled: [Double] = []
        var scalarAllocations = 0
        for condition in ComparedCondition.all {
            let (program, slots) = try compile(condition.cel)
            precondition(
                program.evaluate(slots) == .value(.bool(true)) && condition.swift(snapshot),
                "'\(condition.name)' does not hold of the snapshot."
            )
            let ours = nanosecondsPerCall { use(program.evaluate(slots)) }
            let byHand = nanosecondsPerCall { use(condition.swift(snapshot)) }
            let compiling = nanosecondsPerCall(runs: 3) { use(try? compile(condition.cel)) }
            compiled.append(compiling)
            let allocations = allocations { use(program.evaluate(slots)) }
            if !walks(program) { scalarAllocations += allocations }
            let theirs = python?[condition.name]
            report.rows.append([
                condition.name, time(ours), time(byHand), (ours / byHand).text(1),
                theirs.map(time) ?? "-", theirs.map { (ours / $0).text(2) } ?? "-",
                time(compiling), String(allocations),
            ])
            products.cel *= ours
            products.swift *= byHand
            products.python *= theirs ?? 1
        }
        let root = 1 / Double(ComparedCondition.all.count)
        let means = (
            cel: pow(products.cel, root), swift: pow(products.swift, root),
            python: python.map { _ in pow(products.python, root) }
        )
        report.rows.append([
            "geometric mean", time(means.cel), time(means.swift),
            (means.cel / means.swift).text(1), means.python.map(time) ?? "-",
            means.python.map { (means.cel / $0).text(2) } ?? "-",
            time(compiled.reduce(0, +) * root) + " (arithmetic)", "",
        ])
        if let python = means.python {
            // cel-go, optimised, is at 548 ns where Python's eval is at 459 ns.
            report.goals.append(
                (
                    "\((means.cel / python).text(2)) x Python's compiled eval (at most 0.5; cel-go"
                        + " was measured at \((548.0 / 459.0).text(2)))",
                    means.cel / python <= 0.5
                )
            )
        }
        let compiling = compiled.reduce(0, +) * root
        report.goals.append(
            ("\(time(compiling)) to compile, on average (at most 50 µs)", compiling <= 50_000)
        )
        // What makes a list must allocate, or the allocations are not counted.
        let (control, slots) = try compile("builds.map(b, b.number).size() > 0")
        let controlAllocations = allocations { use(control.evaluate(slots)) }
        report.goals.append(
            (
                "\(scalarAllocations) allocations in an evaluation of the scalar conditions (0);"
                    + " \(controlAllocations) where a list is made (more than 0)",
                scalarAllocations == 0 && controlAllocations > 0
            )
        )
        return report
    }

    /// Whether a condition walks over a list, and so may make another.
    private func walks(_ program: Program) -> Bool {
        program.tree.nodes.contains { if case .comprehension = $0.kind { true } else { false } }
    }

    /// The allocations of one call, rounded up: what two thousand calls make more than one
    /// thousand, so that what the loop itself makes is left out.
    private func allocations(_ body: () -> Void) -> Int {
        func count(_ calls: Int) -> Int {
            let start = allocation_count()
            for _ in 0..<calls { body() }
            return Int(allocation_count() - start)
        }
        let calls = 1_000
        body()
        let fewer = count(calls)
        return (count(2 * calls) - fewer + calls - 1) / calls
    }

    /// The program, and the values of its variables in its order.
    private func compile(_ text: String) throws -> (Program, [Slot]) {
        let program = try Program(compiling: text, in: Self.environment)
        return (
            program, program.variables.map { Self.variables[$0].map { .value($0) } ?? .unbound }
        )
    }

    private static let variables = ReleaseSnapshot().variables

    private static let environment: Environment = {
        var environment = Environment()
        for (name, value) in variables.sorted(by: { $0.key < $1.key }) {
            // The names of these two maps' members are data; all others are declared.
            let isMap = name == "approvals" || name == "labels"
            environment.declare(name, as: isMap ? .map(.string, .string) : type(of: value))
        }
        return environment
    }()

    /// The type that a schema would declare for such a value.
    private static func type(of value: Value) -> CELType {
        switch value {
        case .null, .type, .optional: .dyn
        case .bool: .bool
        case .int: .int
        case .uint: .uint
        case .double: .double
        case .string: .string
        case .bytes: .bytes
        case .timestamp: .timestamp
        case .duration: .duration
        case .list(let elements): .list(elements.first.map(type) ?? .dyn)
        case .map(let map):
            .record(
                map.entries.compactMap { key, value in
                    if case .string(let name) = key { .init(name, type(of: value)) } else { nil }
                }
            )
        }
    }
}
