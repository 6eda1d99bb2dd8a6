import ConductorFiles
import Testing

/// Sources of places: `file:line:column` of what is found in an expression.
@Suite struct `The place of a fault inside an expression` {
    /// The places at which `tracker.lost` is reported, and those at which it stands.
    private static func places(conditions: String) -> (found: [Place], true: [Place]) {
        var sample = Sample()
        sample.replace(rules: conditions)
        let found = sample.load().faults.filter { $0.code == .unknownName }.map(\.place)
        var expected: [Place] = []
        let lines = sample.rulesText.split(omittingEmptySubsequences: false) { $0.isNewline }
        for (index, line) in lines.enumerated() {
            let scalars = Array(line.unicodeScalars)
            let name = Array("tracker.lost".unicodeScalars)
            for start in scalars.indices where scalars[start...].starts(with: name) {
                expected.append(Place(line: index + 1, column: start + 1))
            }
        }
        return (found, expected)
    }

    static let texts: [String] = [
        // Plain, after text of many widths.
        "conditions:\n  built: rc.commit == vcs.head\n  no_bugs: rc.commit == \"ä€😀e\u{301}\" || tracker.lost < 1",
        "conditions: {built: rc.commit == vcs.head, no_bugs: tracker.lost < params.limit}",
        "conditions:\n  built: rc.commit == vcs.head\n  no_bugs: tracker.open < 1\n    && tracker.open < 2\n    &&\n    tracker.lost < 3",
        "conditions:\n  built: rc.commit == vcs.head\n  no_bugs: &x tracker.lost < 1",
        "conditions:\n  built: rc.commit == vcs.head\n  no_bugs: !!str tracker.lost < 1",
        // Quoted.
        "conditions:\n  built: rc.commit == vcs.head\n  no_bugs: 'rc.commit == ''a'' || tracker.lost < 1'",
        "conditions:\n  built: rc.commit == vcs.head\n  no_bugs: \"rc.commit == \\\"\\u00e4\\x41\\t\\\" || tracker.lost < 1\"",
        "conditions:\n  built: rc.commit == vcs.head\n  no_bugs: 'tracker.open < 1   \n\n      && tracker.lost < 3'",
        "conditions:\n  built: rc.commit == vcs.head\n  no_bugs: \"tracker.open < 1 \\\n      && tracker.lost < 3\"",
        "conditions:\n  built: rc.commit == vcs.head\n  no_bugs: \"tracker.open < 1\n\n      && tracker.lost < 3\"",
        // Blocks.
        "conditions:\n  built: rc.commit == vcs.head\n  no_bugs: |\n    tracker.open < 1 &&\n      tracker.lost < 2",
        "conditions:\n  built: rc.commit == vcs.head\n  no_bugs: |-  # why\n\n    tracker.open < 1 &&\n\n    tracker.lost < 2\n",
        "conditions:\n  built: rc.commit == vcs.head\n  no_bugs: |2+\n     tracker.open < 1 &&\n    tracker.lost < 2\n\n",
        "conditions:\n  built: rc.commit == vcs.head\n  no_bugs: >\n    tracker.open < 1\n    && tracker.open < 2\n\n    && tracker.lost < 3",
        "conditions:\n  built: rc.commit == vcs.head\n  no_bugs: >-\n    tracker.open < 1\n      && tracker.open < 2\n      && (tracker.lost < 3\n        || tracker.lost < 4)\n    && tracker.lost < 5",
        // Other line breaks.
        "conditions:\r\n  built: rc.commit == vcs.head\r\n  no_bugs: >-\r\n    tracker.open < 1\r\n    && tracker.lost < 3",
        "conditions:\r\n  built: rc.commit == vcs.head\r\n  no_bugs: tracker.open < 1\r\n\r\n    && tracker.lost < 3",
        // Through an alias the fault stands where the text stands.
        "parameters: {limit: 5, x: &x tracker.lost < params.limit}\nconditions: {built: rc.commit == vcs.head, no_bugs: *x}",
    ]

    @Test(arguments: texts.indices) func `is where the text stands, however it is written`(
        _ index: Int
    ) {
        let places = Self.places(conditions: Self.texts[index])
        #expect(!places.true.isEmpty)
        #expect(places.found == places.true)
    }

    @Test func `counts characters, not bytes, and the caret stands under it`() {
        var sample = Sample()
        sample.replace(
            rules: "conditions:\n  built: rc.commit == vcs.head\n  no_bugs: \"'ä😀' == '' || x.y\""
        )
        let fault = sample.load().faults.first { $0.code == .unknownName }
        #expect(
            fault?.rendered == """
                rules.yaml:14:27: error[E031]: no source provides 'x.y'
                  |   no_bugs: "'ä😀' == '' || x.y"
                  |                           ^
                """
        )
    }
}
