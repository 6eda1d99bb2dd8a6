import Testing

@testable import CEL

private func slowly(_ pattern: Pattern, _ text: String) throws -> Bool {
    let outcome = Frame.run([], zones: .none, limits: .standard, localCount: 0) { frame in
        Result { () throws(Halt) -> Bool in try pattern.matches(text, &frame) }
    }
    return try outcome.get()
}

@Suite struct `Regular expressions` {
    /// Pattern, texts that match, texts that do not.
    private static let table: [(String, [String], [String])] = [
        ("", ["", "a"], []), ("a", ["a", "bab"], ["", "b"]), ("^a$", ["a"], ["aa", "ba", "a\n"]),
        ("a|b|", ["", "c"], []), ("^(a|b)+$", ["abba"], ["", "abc"]),
        ("a.b", ["axb", "aéb"], ["a\nb"]),
        ("(?s)a.b", ["a\nb"], ["ab"]), ("(?i)hello", ["HeLLo"], ["help"]),
        ("(?i)k", ["K", "\u{212A}"], ["j"]),
        ("^a{2,3}$", ["aa", "aaa"], ["a", "aaaa"]), ("^a{2}$", ["aa"], ["aaa"]),
        ("^a{2,}$", ["aaaa"], ["a"]),
        ("^a{,2}$", ["a{,2}"], ["aa"]), ("x{a", ["x{a"], ["xa"]),
        ("^a*?b+?$", ["aab", "b"], ["aa"]),
        ("^[a-c]+$", ["abc"], ["abd"]), ("^[^a-c]+$", ["xyz\n"], ["xa"]),
        ("^[]a]+$", ["]a"], ["b"]),
        ("^[a-]+$", ["a-"], ["b"]), ("^[\\d.]+$", ["1.2"], ["a"]), ("^[^\\d]$", ["a"], ["1"]),
        ("^\\w+\\s\\W$", ["ab_1 !"], ["a  a"]),
        ("^[[:alpha:]][[:^digit:]]$", ["ab"], ["a1", "1a"]),
        ("^\\pL\\p{Lu}\\P{Nd}$", ["éÉx"], ["éé1"]), ("^\\x41\\x{1F600}\\101$", ["A😀A"], ["AAA"]),
        ("\\bfoo\\b", ["a foo.", "foo"], ["food"]), ("\\Boo", ["foo"], ["oo"]),
        ("(?m)^b$", ["a\nb\nc"], ["a\nbc"]),
        ("\\Aa\\z", ["a"], ["a\n"]), ("\\Qa.b\\E+", ["a.bb"], ["axb"]),
        ("(?P<x>a)(?:b)(?<y>c)", ["abc"], ["ab"]),
        ("(?i:a)b", ["Ab"], ["AB"]), ("(?i)a(?-i)b", ["Ab"], ["aB"]), ("(a*)*b", ["aaab"], ["aaa"]),
        ("(|a)+$", ["b"], []), ("^(a?){3}a{3}$", ["aaa"], ["aa"]), ("[😀-😂]", ["😁"], ["😃"]),
        ("^[0-9]+[.][0-9]+[.][0-9]+$", ["7.41.0"], ["7.41", "v7.41.0"]), ("\\.", ["."], ["a"]),
        ("\\-\\/", ["-/"], ["-"]), ("^$", [""], ["a"]), ("a$|^b", ["xa", "bx"], ["ax", "xb"]),
    ]

    @Test(arguments: table)
    func `match what RE2 matches`(source: String, yes: [String], no: [String]) throws {
        let pattern = try Pattern(source, limits: .standard)
        for text in yes { #expect(try slowly(pattern, text), "\(source) on \(text)") }
        for text in no { #expect(try !slowly(pattern, text), "\(source) on \(text)") }
    }

    @Test(arguments: [
        "(", ")", "a)", "[", "[a", "[z-a]", "a**", "*a", "+", "a{2}{3}", "a{1001}", "a{3,2}", "\\",
        "\\1",
        "(?=a)", "(?!a)", "(?<=a)", "(?P<a>x)(?P<a>y)", "(?P<>x)", "\\Z", "\\q", "\\x",
        "\\x{110000}",
        "[[:nothing:]]", "\\p{Nothing}", "(?z)", "((a{100}){100})", "(?i", "|*",
    ])
    func `are refused when RE2 refuses them`(source: String) {
        #expect(throws: Pattern.Fault.self) { try Pattern(source, limits: .standard) }
    }

    @Test(arguments: UInt64(0)..<64)
    func `match in the table as they do by walking`(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        var tables = 0
        for _ in 0..<40 {
            let source = (0..<(1 + dice.roll(7))).map { _ in
                dice.pick([
                    "a", "b", "a*", "(a|b)", "b?", "^", "$", "[ab]", "a{2}", "(ab|c)+", ".", "|",
                    "\\d",
                ])
            }.joined()
            guard let pattern = try? Pattern(source, limits: .standard),
                let table = PatternTable(pattern)
            else { continue }
            tables += 1
            for _ in 0..<20 {
                let text = (0..<dice.roll(8)).map { _ in dice.pick(["a", "b", "c", "1", "\n"]) }
                    .joined()
                #expect(try table.matches(text) == slowly(pattern, text), "\(source) on \(text)")
            }
        }
        #expect(tables > 0)
    }

    @Test func `take linear time`() throws {
        let start = ContinuousClock.now
        let pattern = try Pattern("^(a+)+$", limits: .standard)
        let long = String(repeating: "a", count: 20_000) + "b"
        #expect(try !slowly(pattern, long))
        #expect(ContinuousClock.now - start < .seconds(5))
    }
}
