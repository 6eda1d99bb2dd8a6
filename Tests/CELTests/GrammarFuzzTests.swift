import Testing

@Suite struct `Made-up expressions` {
    @Test(arguments: [1, 2, 3, 4])
    func `all parse, print as they read, and keep what the check promised`(seed: UInt64) {
        var generator = ExpressionGenerator(seed: seed)
        var properties = FuzzProperties()
        for _ in 0..<1_000 {
            let source = generator.expression()
            let before = properties.counts.parsed
            if let fault = properties.fault(of: source) { Issue.record("\(source): \(fault)") }
            #expect(properties.counts.parsed == before + 1, "\(source) does not parse")
        }
        #expect(properties.counts.checked > 500)
        #expect(properties.counts.values > 300)
    }

    @Test func `what is damaged is refused in order`() {
        var dice = FuzzDice(seed: 9)
        var generator = ExpressionGenerator(seed: 9)
        var properties = FuzzProperties()
        for _ in 0..<1_000 {
            var scalars = Array(generator.expression().unicodeScalars)
            for _ in 0..<Int.random(in: 1...3, using: &dice) where !scalars.isEmpty {
                let place = Int.random(in: 0..<scalars.count, using: &dice)
                switch Int.random(in: 0..<3, using: &dice) {
                case 0: scalars.remove(at: place)
                case 1:
                    scalars.insert(
                        "('\"[{.?:!-\\`0e".unicodeScalars.randomElement(using: &dice)!,
                        at: place
                    )
                default: scalars.swapAt(place, 0)
                }
            }
            let source = String(String.UnicodeScalarView(scalars))
            if let fault = properties.fault(of: source) { Issue.record("\(source): \(fault)") }
        }
        #expect(properties.counts.parsed > 50)
        #expect(properties.counts.parsed < 1_000)
    }
}
