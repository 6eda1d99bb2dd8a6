import CEL

/// Answers for each pair of lines, a pattern and a text in hexadecimal UTF-8, with `1`, `0` or `e`.
@main
struct Matches {
    static func main() {
        var environment = Environment(checksConstants: false)
        environment.declare("text", as: .string)
        environment.declare("pattern", as: .string)
        guard let program = try? Program(compiling: "text.matches(pattern)", in: environment) else {
            fatalError("The expression does not compile.")
        }
        while let pattern = readLine(), let text = readLine() {
            let values = ["text": read(text), "pattern": read(pattern)]
            let slots = program.variables.map { Slot.value(.string(values[$0] ?? "")) }
            var answers: [String] = [answer(program.evaluate(slots))]
            // As a constant the pattern is compiled to a table where that can be done.
            let constant = Value.string(values["pattern"] ?? "").description
            if let other = try? Program(compiling: "text.matches(\(constant))", in: environment) {
                answers.append(
                    answer(other.evaluate([slots[program.variables[0] == "text" ? 0 : 1]]))
                )
            }
            print(Set(answers).count == 1 ? answers[0] : "differs")
        }
    }

    private static func answer(_ outcome: Outcome) -> String {
        switch outcome {
        case .value(let value): value == .bool(true) ? "1" : "0"
        case .error, .unknown: "e"
        }
    }

    private static func read(_ line: String) -> String {
        let digits = Array(line.utf8)
        let octets = stride(from: 0, to: digits.count - 1, by: 2).compactMap { place in
            UInt8(String(decoding: digits[place..<(place + 2)], as: UTF8.self), radix: 16)
        }
        return String(decoding: octets, as: UTF8.self)
    }
}
