import ConductorCore
import ConductorPorts
import Testing

@testable import SourceAdapters

@Suite struct `Plumbing` {
    private let document: JSON = [
        "a/b": ["m~n": [10, 20]], "": 1, "list": [["x": true]],
    ]

    @Test(
        arguments: [
            ("/a~1b/m~0n/1", 20), ("/", 1), ("/list/0/x", true), ("/list/00/x", nil),
            ("/list/1", nil),
            ("/list/-1", nil), ("/none/x", nil), ("/a~1b/m~0n/1/x", nil),
        ] as [(String, JSON?)]
    )
    func `a pointer finds its place or nothing`(text: String, value: JSON?) throws {
        let pointer = try #require(JSONPointer(text))
        #expect(pointer.value(in: document) == value)
        #expect(pointer.description == text)
    }

    @Test(arguments: ["a", "/~", "/~2"])
    func `what is no pointer is refused`(text: String) {
        #expect(JSONPointer(text) == nil)
    }

    private var variables: Variables {
        Variables(
            intent(with: [
                "plain": "a b/c&d?e=ü", "up": "..", "dots": "../x", "root": "/etc", "n": 5,
                "list": [1, 2], "line": "a\r\nX: y", "zero": "a\u{0}b", "dot": ".",
            ])
        )
    }

    @Test func `an address takes values percent-encoded`() throws {
        let template = try Template("/x/${with.plain}?q=${with.n}")
        #expect(
            try variables.addressTail(template) == "/x/a%20b%2Fc%26d%3Fe%3D%C3%BC?q=5"
        )
    }

    @Test(arguments: ["/x/${with.up}/y", "/${with.dot}${with.dot}/y"])
    func `an address is not led upwards`(text: String) throws {
        let template = try Template(text)
        #expect(throws: TemplateProblem.self) { try variables.addressTail(template) }
    }

    @Test(arguments: [
        "data/${with.up}", "data/${with.dots}.json", "${with.root}/x", "d/.${with.dot}/x",
        "${with.up}/x", "d/${with.zero}",
    ])
    func `a path is not led elsewhere`(text: String) throws {
        let template = try Template(text)
        #expect(throws: TemplateProblem.self) { try variables.path(template) }
    }

    @Test func `a path takes values within its place`() throws {
        #expect(try variables.path(Template("../d/${track}.json")) == "../d/music/ios/8.9.2.json")
        #expect(try variables.path(Template("d/..${version}")) == "d/..8.9.2")
    }

    @Test func `a header takes no line end`() throws {
        let template = try Template("${with.line}")
        #expect(throws: TemplateProblem.self) { try variables.header(template) }
    }

    @Test func `JSON keeps the type of a lone variable`() throws {
        let reader = SettingsReader(.null)
        let body: JSON = [
            "whole": "${with.list}", "text": "n=${with.n}", "n": "${with.n}", "quote\"": "$${x}",
        ]
        let template = try #require(JSONTemplate(body, at: [], reader, .action))
        #expect(
            try variables.json(template)
                == ["whole": [1, 2], "text": "n=5", "n": 5, "quote\"": "${x}"]
        )
    }

    @Test func `a variable without a value is refused`() throws {
        #expect(throws: TemplateProblem.self) {
            try variables.text(Template("${candidate.commit}"))
        }
    }

    @Test func `the track's names are the same in both forms`() throws {
        let template = try Template("${track} ${track.id} ${app} ${track.release} ${release}")
        let text = "music/ios/8.9.2 music/ios/8.9.2 music music/8.9.2 music/8.9.2"
        #expect(try variables.text(template) == text)
        #expect(try Variables(request()).text(template) == text)
    }

    @Test func `a secret shows nothing of itself`() {
        let secret = Secret("hunter2")
        var dumped = ""
        dump(secret, to: &dumped)
        let texts = ["\(secret)", String(reflecting: secret), dumped, "\([secret])"]
        #expect(texts.allSatisfy { !$0.contains("hunter2") })
        #expect(secret.description == "***")
    }

    @Test(arguments: [
        "p@ss/w+rd&\"x", "p%40ss%2Fw%2Brd%26%22x", "p%40ss%2fw%2brd%26%22x", #"p@ss/w+rd&\"x"#,
        "cEBzcy93K3JkJiJ4", "dXNlcjpwQHNzL3crcmQmIng=", "YTpwQHNzL3crcmQmIng=",
        "YWE6cEBzcy93K3JkJiJ4", "YWE6cEBzcy93K3JkJiJ4Ong",
    ])
    func `a secret is found in every dress`(text: String) {
        let redactor = Redactor([Secret("p@ss/w+rd&\"x")])
        let redacted = redactor.redact("before \(text) after")
        #expect(redacted.contains("***"))
        #expect(redacted.hasPrefix("before ") && redacted.hasSuffix(" after"))
        #expect(!redacted.contains("crcmQmI") && !redacted.contains("93K3JkJi"))
    }

    @Test func `a quote is one short line`() {
        let quote = Redactor.nothing.quote(
            "a\n\tb\u{7}\u{1B}[31m" + String(repeating: "x", count: 999)
        )
        #expect(quote.hasPrefix("a b [31mx"))
        #expect(quote.count <= AdapterLimits.quotedCharacters + 4)
    }

    @Test(
        arguments: [
            ("120", Span.seconds(120)), ("0", .zero), ("99999999999999999999", .hours(1)),
            ("Sun, 06 Nov 1994 08:51:37 GMT", .minutes(2)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", .zero),
            ("-5", nil), ("soon", nil), ("", nil),
        ] as [(String, Span?)]
    )
    func `Retry-After is read in both forms`(value: String, expected: Span?) {
        let date = "Sun, 06 Nov 1994 08:49:37 GMT"
        #expect(RetryAfter.span(value, date: date, now: Instant(milliseconds: 0)) == expected)
    }

    @Test(
        arguments: [
            ("/y", "https://h.example:8443/y"), ("z?q", "https://h.example:8443/a/z?q"),
            ("?q", "https://h.example:8443/a/b?q"),
            ("//other.example/x", "https://other.example/x"),
            ("http://h.example:8443/", "http://h.example:8443/"),
            ("https://u@h.example:8443/", nil),
            ("javascript:alert(1)", nil), ("https:\\\\evil.example", nil), ("", nil),
        ] as [(String, String?)]
    )
    func `a location leads where a browser would go`(location: String, expected: String?) throws {
        let address = try #require(WebAddress("https://h.example:8443/a/b?x=1"))
        #expect(address.following(location)?.description == expected)
    }

    @Test func `origins differ by scheme, host and port`() {
        func origin(_ text: String) -> WebAddress.Origin? { WebAddress(text)?.origin }
        #expect(origin("https://H.example") == origin("https://h.example:443/x"))
        #expect(origin("http://h.example") != origin("https://h.example"))
        #expect(origin("http://h.example") != origin("http://h.example:81"))
        #expect(origin("http://h.example.evil.example") != origin("http://h.example"))
        #expect(origin("http://[::1]:80/") == origin("http://[::1]"))
    }

    @Test(arguments: [
        "a b", "-x", "a..b", "a.lock", "a//b", "/a", "a/", ".a", "a/.b", "a~1", "a^", "a:b",
        "a@{1}",
        "@", "", "a*", "a\\b", "a\u{7}",
    ])
    func `names that git refuses never reach it`(name: String) {
        #expect(!GitRepository.isReferenceName(name))
    }

    @Test func `a remote's credential is taken out of git's words`() {
        let words = "fatal: unable to access 'https://user:tok3n@host.example/r.git/': no"
        #expect(
            GitRepository.withoutCredentials(words)
                == "fatal: unable to access 'https://***@host.example/r.git/': no"
        )
    }
}
