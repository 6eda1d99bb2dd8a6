import ConductorCore
import Testing

@Suite struct `Stored values` {
    static let intent = Intent(
        key: "music/ios/8.9.2/1/1/store.submit",
        track: TrackID(app: "music", platform: "ios", version: "8.9.2"),
        scope: .release(ReleaseID(app: "music", version: "8.9.2")),
        step: 1,
        ordinal: 1,
        action: "store.submit",
        kind: "command",
        actionClass: .createOnce,
        direction: .raises,
        lane: "lane",
        blocking: true,
        policy: ActionPolicy(),
        parameters: ["a": [1, .double(1.5), "é\n\"\\", .null, true]]
    )

    private func roundTrip<Value: Codable & Equatable>(_ value: Value) throws {
        let text = try JSON(encoding: value).description
        let read = try JSON(parsing: text).decode(Value.self)
        #expect(read == value)
        #expect(try JSON(encoding: read).description == text)
    }

    @Test func `every request of a person reads back`() throws {
        var requests: [Command.Request] = [
            .add(stage: nil, since: nil),
            .add(stage: "branched", since: Instant(milliseconds: 1)), .hold, .resume, .stop,
            .liftStop, .advance(to: nil), .advance(to: "submitted"), .pause, .cancel, .retry,
            .resolve(key: "a/b/c/1/1/d", done: true),
            .override(condition: "calm", term: .until(Instant(milliseconds: 5))),
            .override(condition: "calm", term: .lasting(.hours(4))),
            .override(condition: "calm", term: .lifted), .approve(transition: nil),
            .approve(transition: "a->b"), .rearm(transition: nil), .rearm(transition: "a->b"),
            .migrate(to: "abc"),
        ]
        requests += Command.Abandonment.allCases.map { .abandon($0) }
        requests += Command.Signoff.allCases.map { .signoff(what: "team", verdict: $0) }
        let scopes: [Scope] = [
            .installation, .app("music"), .release(ReleaseID(app: "music", version: "8.9.2")),
            .track(Self.intent.track),
        ]
        for (place, request) in requests.enumerated() {
            try roundTrip(
                Command(
                    id: "c\(place)",
                    actor: "os:ada",
                    scope: scopes[place % scopes.count],
                    request: request,
                    reason: place % 2 == 0 ? "because \"so\"" : nil,
                    basedOn: place % 3 == 0 ? place : nil
                )
            )
        }
    }

    @Test func `every answer of a backend reads back`() throws {
        let outcomes: [ActionOutcome] = [
            .done(evidence: "e"), .alreadyDone(evidence: ""),
            .rejected(reason: "r", remedy: nil), .rejected(reason: "r", remedy: "do this"),
            .retryable(reason: "r", after: nil), .retryable(reason: "r", after: .minutes(2)),
            .unknown(reason: "u"),
        ]
        let probes: [ProbeAnswer] = [
            .present(evidence: "p"), .absent, .ambiguous(reason: "a"), .unavailable(reason: "x"),
        ]
        let answers: [Entry.OutcomeRecord.Answer] =
            outcomes.map { .performed($0) } + probes.map { .probed($0) }
        for answer in answers {
            try roundTrip(
                Entry.OutcomeRecord(
                    at: Stamp(wall: Instant(milliseconds: 5), elapsed: 7),
                    key: "k",
                    track: Self.intent.track,
                    number: 2,
                    answer: answer
                )
            )
        }
        try roundTrip(Entry.IntentRecord(tick: 4, intent: Self.intent))
    }

    @Test func `equal values have equal bytes, members in order of their names`() throws {
        let json: JSON = ["b": 1, "a": [.double(1), 2, .double(-0.5)], "ä": "\u{1F}", "Z": .null]
        #expect(json.description == #"{"Z":null,"a":[1.0,2,-0.5],"b":1,"ä":"\u001f"}"#)
        #expect(try JSON(parsing: json.description) == json)
    }

    @Test(arguments: [
        "", "{", "[1,]", "01", "1.", "nul", "\"\u{1}\"", "{\"a\":1,\"a\":2}", "1 2", "+1", "1e999",
        "\"\\ud800\"", "[1 2]", "{a:1}",
    ])
    func `what is no JSON is refused`(text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSON(parsing: text) }
    }

    @Test(arguments: [
        ("2026-03-02T09:00:00Z", 1_772_442_000_000), ("2026-03-02T09:00Z", 1_772_442_000_000),
        ("2026-03-02t10:00:00+01:00", 1_772_442_000_000), ("1970-01-01T00:00:00Z", 0),
        ("1969-12-31T23:59:59.999Z", -1), ("2026-03-02T09:00:00.5Z", 1_772_442_000_500),
        ("2026-03-02T09:00:00.123456789Z", 1_772_442_000_123),
        ("2000-02-29T00:00:00Z", 951_782_400_000), ("2026-03-02T03:30:00-05:30", 1_772_442_000_000),
    ])
    func `instants are read`(text: String, milliseconds: Int64) throws {
        let instant = try #require(Instant(rfc3339: text))
        #expect(instant.milliseconds == milliseconds)
        #expect(Instant(rfc3339: instant.description) == instant)
    }

    @Test(arguments: [
        "", "2026-03-02", "2026-02-29T00:00Z", "2026-13-01T00:00Z", "2026-03-02T24:00Z",
        "2026-03-02T09:00", "2026-03-02T09:00:60Z", "2026-03-02T09:00:00.Z",
        "2026-03-02T09:00:00+1:00", "2026-03-02T09:00:00Zz", "26-03-02T09:00Z",
        "２026-03-02T09:00Z",
    ])
    func `what is no instant is not read`(text: String) {
        #expect(Instant(rfc3339: text) == nil)
    }

    @Test(arguments: [
        ("90s", 90_000, "1m30s"), ("1h30m", 5_400_000, "1h30m"), ("24h", 86_400_000, "1d"),
        ("14d", 1_209_600_000, "14d"), ("0s", 0, "0s"), ("1500ms", 1_500, "1s500ms"),
        ("36h", 129_600_000, "1d12h"),
    ])
    func `spans are read and written`(text: String, milliseconds: Int64, written: String) throws {
        let span = try #require(Span(text: text))
        #expect(span.milliseconds == milliseconds)
        #expect(span.description == written)
        #expect(Span(text: written) == span)
    }

    @Test(arguments: [
        "", "1", "h", "1x", "1.5h", "-1h", " 1h", "1h ", "99999999999999999999s",
        "9223372036854775807d", "1H",
    ])
    func `what is no span is not read`(text: String) {
        #expect(Span(text: text) == nil)
    }

    @Test func `no arithmetic of times overflows`() {
        let low = Instant(milliseconds: .min)
        let high = Instant(milliseconds: .max)
        #expect((high - low).milliseconds == .max)
        #expect((low - high).milliseconds == .min)
        #expect((Instant(milliseconds: 0) - low).milliseconds == .max)
        #expect((Span(milliseconds: 0) - Span(milliseconds: .min)).milliseconds == .max)
        #expect(Span(milliseconds: .max) * 2 == Span(milliseconds: .max))
        let early = Stamp(wall: low, elapsed: .min)
        let late = Stamp(wall: high, elapsed: .max)
        #expect(late.since(early).milliseconds == .max)
        #expect(early.since(late) == .zero)
    }
}
