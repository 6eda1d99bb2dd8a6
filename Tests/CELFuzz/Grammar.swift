import CEL

/// Makes up expressions for some seconds: `cel-grammar SECONDS SEED`.
@main
struct Grammar {
    static func main() {
        let arguments = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
        let seconds = arguments.first ?? 10
        let seed = arguments.count > 1 ? arguments[1] : UInt64.random(in: 1...1_000_000)
        print("grammar: seed \(seed), \(seconds) s")
        var generator = ExpressionGenerator(seed: seed)
        var properties = FuzzProperties()
        let end = ContinuousClock.now + .seconds(Int64(seconds))
        while ContinuousClock.now < end {
            let source = generator.expression()
            let parsed = properties.counts.parsed
            var fault = properties.fault(of: source)
            if properties.counts.parsed == parsed { fault = "does not parse" }
            if let fault { fatalError("seed \(seed): \(fault)\n\(source)") }
        }
        let counts = properties.counts
        print(
            "grammar: \(counts.texts) expressions, all parse; \(counts.checked) pass the check, of"
                + " which \(counts.values) give a value, \(counts.errors) an error"
                + " (\(counts.budgets) broken budgets)"
        )
        print(
            "grammar: reached \(properties.reached.count) forms of functions, operators and macros"
        )
    }
}
