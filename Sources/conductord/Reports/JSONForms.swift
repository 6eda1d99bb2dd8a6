import ConductorCore

// How the core's values are written in the documents of `--json`.

extension JSON {
    /// A text, or null.
    init(_ text: String?) { self = text.map { .string($0) } ?? .null }
    /// RFC 3339 in UTC, or null.
    init(_ instant: Instant?) { self = instant.map { .string($0.description) } ?? .null }
    init(_ number: Int) { self = .int(Int64(number)) }
    init(_ names: [String]) { self = .array(names.map { .string($0) }) }
    /// Seconds, with a fraction where there is one.
    init(seconds span: Span) {
        let (seconds, rest) = span.milliseconds.quotientAndRemainder(dividingBy: 1000)
        self = rest == 0 ? .int(seconds) : .double(Double(span.milliseconds) / 1000)
    }
}

extension ConductorCore.Hold {
    /// `{actor, since, reason}`.
    var json: JSON {
        ["actor": .string(actor), "since": JSON(since), "reason": JSON(reason)]
    }

    /// `{scope, actor, since, reason}`.
    var jsonWithScope: JSON {
        [
            "scope": .string(scope.description), "actor": .string(actor), "since": JSON(since),
            "reason": JSON(reason),
        ]
    }

    /// `os:anna since 2026-03-02 09:00 UTC: waiting for legal`.
    func words(on page: Page) -> String {
        "\(actor) since \(Words.moment(since, from: page.now))" + (reason.map { ": \($0)" } ?? "")
    }
}

extension Candidate {
    var json: JSON {
        ["commit": .string(commit), "build": JSON(build), "digest": JSON(digest)]
    }
}
