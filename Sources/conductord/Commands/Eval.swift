import ArgumentParser
import CEL
import ConductorCore
import ConductorFiles
import Glibc

/// `conductord eval`.
struct Eval: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Evaluate one expression over facts from a file, as a condition would be.",
        discussion: """
            The file is JSON or YAML. Nested mappings give dotted names, a fact has the type of \
            its value, and what the file does not have is unknown. 'time_in_stage' and \
            'age(FACT)' may be given as '2h'. Ends with 1 when there is no value.

            With --batch, exact CEL without the profile of conditions: one JSON object a line on \
            standard input, {"id", "expr", "bindings"}, and one answer a line.

            Examples:
              conductord eval 'tracker.blockers == 0' --facts facts.yaml
              conductord eval 'teams.all(t, t.signed)' --facts facts.json --trace
              echo '{"id": 1, "expr": "1 + 1"}' | conductord eval --batch
            """
    )

    @Argument(help: "The expression.")
    var expression: String?

    @Option(help: "The facts, as JSON or YAML.")
    var facts: String?

    @Flag(help: "Show what each part of the expression comes to.")
    var trace = false

    @Flag(help: "JSON Lines on standard input and output.")
    var batch = false

    @OptionGroup var places: PlaceOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if batch {
            guard expression == nil, facts == nil, !trace else {
                throw ValidationError(
                    "--batch reads its expressions and facts from standard input."
                )
            }
        } else if expression == nil {
            throw ValidationError("An expression is missing; or --batch for many.")
        }
    }

    func run() throws {
        if batch { return try runBatch() }
        guard let expression else { return }
        let answer = FactEvaluation(expression, facts: try readFacts()).answer(tracing: trace)
        if answer.isError, !output.json {
            Output.complain(answer.text(on: Terminal.errors.page(now: nil)))
        } else {
            try Output.print(output, json: { answer.json }, text: answer.text)
        }
        if !answer.hasValue { throw Exit.no }
    }

    private func readFacts() throws -> JSON {
        guard let facts else { return [:] }
        let loaded = DataFile.load(facts)
        guard let value = loaded.value else {
            throw Cannot(loaded.faults.map(\.rendered).joined(separator: "\n"))
        }
        guard case .object = value else {
            throw Cannot("\(facts) is no mapping of names to values")
        }
        return value
    }

    // MARK: Batch

    /// Octets of one line; more is an error of that line.
    private static let lineLimit = 16 << 20

    private func runBatch() throws {
        let zones = SystemZones()
        let evaluation = BatchEvaluation(zones: zones.rules)
        var pending: [UInt8] = []
        var isTooLong = false
        var answers: [UInt8] = []
        func answer(_ line: ArraySlice<UInt8>) {
            guard line.contains(where: { $0 > 0x20 }) || isTooLong else { return }
            let json: JSON =
                isTooLong
                ? ["id": .null, "error": .string("the line is longer than 16 MiB")]
                : evaluation.answer(Array(line))
            answers += json.canonicalBytes
            answers.append(UInt8(ascii: "\n"))
            isTooLong = false
        }
        while let part = try Self.read() {
            pending += part
            var start = pending.startIndex
            // What was pending before holds no line's end.
            var search = pending.count - part.count
            while let end = pending[search...].firstIndex(of: UInt8(ascii: "\n")) {
                answer(pending[start..<end])
                start = end + 1
                search = start
            }
            pending.removeSubrange(..<start)
            if pending.count > Self.lineLimit {
                isTooLong = true
                pending.removeAll()
            }
            guard try Output.write(answers, to: STDOUT_FILENO) else { return }
            answers.removeAll(keepingCapacity: true)
        }
        answer(pending[...])
        try Output.write(answers, to: STDOUT_FILENO)
    }

    /// The next octets of standard input; nil at its end.
    private static func read() throws -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe Glibc.read(STDIN_FILENO, $0.baseAddress, $0.count)
            }
            if count > 0 { return Array(buffer.prefix(count)) }
            if count == 0 { return nil }
            if errno != EINTR {
                throw Cannot(
                    "standard input cannot be read: \(unsafe String(cString: strerror(errno)))"
                )
            }
        }
    }
}
