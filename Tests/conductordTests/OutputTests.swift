import ConductorCore
import Testing

@testable import conductord

@Suite struct `Output for people` {
    @Test func `has colours only where they are wanted`() {
        func colours(_ isTerminal: Bool, _ variables: [String: String]) -> Bool {
            Terminal.hasColours(isTerminal: isTerminal) { variables[$0] }
        }
        #expect(colours(true, [:]))
        #expect(!colours(false, [:]))
        #expect(!colours(true, ["NO_COLOR": "1"]))
        #expect(colours(true, ["NO_COLOR": ""]))
        #expect(!colours(true, ["TERM": "dumb"]))
        #expect(colours(false, ["CLICOLOR_FORCE": "1"]))
        #expect(!colours(false, ["CLICOLOR_FORCE": "1", "NO_COLOR": "1"]))
    }

    @Test func `paints nothing on a plain page`() {
        #expect(Page().paint("x", .red) == "x")
        #expect(Page(hasColours: true).paint("x", .bold, .red) == "\u{1B}[1;31mx\u{1B}[0m")
    }

    @Test func `tells every light by its shape too`() {
        #expect(Set(Light.allCases.map(\.sign)).count == Light.allCases.count)
    }

    @Test(arguments: [
        (Span.zero, "0 s"), (.seconds(59), "59 s"), (.seconds(61), "1 min 1 s"),
        (.hours(3), "3 h"), (.minutes(181), "3 h 1 min"), (.hours(52), "2 d 4 h"),
        (.days(2) + .minutes(5), "2 d"),
    ])
    func `tells lengths in two units`(span: Span, text: String) {
        #expect(Words.length(span) == text)
    }

    @Test func `wraps the last column under itself`() {
        var table = Table("A", "B")
        table.rows = [[Cell("one"), Cell("aaaaaaaa, bbbbbbbb, cccccccc")]]
        let text = table.text(on: Page(width: 24))
        #expect(text == "A    B\none  aaaaaaaa, bbbbbbbb,\n     cccccccc")
        #expect(table.text(on: Page()) == "A    B\none  aaaaaaaa, bbbbbbbb, cccccccc")
    }

    @Test func `finds the name that was meant`() {
        let names = ["music/ios/8.9.2", "music/android/8.9.2"]
        #expect(Nearest.name(to: "music/ios/8.9.3", among: names) == "music/ios/8.9.2")
        #expect(Nearest.name(to: "radio/web/1.0", among: names) == nil)
    }
}
