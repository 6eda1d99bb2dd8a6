// How the core's values are written in the documents of `--json`.

extension JSON {
    /// A text, or null.
    package init(_ text: String?) { self = text.map { .string($0) } ?? .null }
    /// RFC 3339 in UTC, or null.
    package init(_ instant: Instant?) { self = instant.map { .string($0.description) } ?? .null }
    /// A whole number.
    package init(_ number: Int) { self = .int(Int64(number)) }
    /// A list of texts.
    package init(_ names: [String]) { self = .array(names.map { .string($0) }) }
    /// Seconds, with a fraction where there is one.
    package init(seconds span: Span) {
        let (seconds, rest) = span.milliseconds.quotientAndRemainder(dividingBy: 1000)
        self = rest == 0 ? .int(seconds) : .double(Double(span.milliseconds) / 1000)
    }
}

extension Hold {
    /// `{actor, since, reason}`.
    package var json: JSON {
        ["actor": .string(actor), "since": JSON(since), "reason": JSON(reason)]
    }

    /// `{scope, actor, since, reason}`.
    package var jsonWithScope: JSON {
        [
            "scope": .string(scope.description), "actor": .string(actor), "since": JSON(since),
            "reason": JSON(reason),
        ]
    }
}

extension Candidate {
    /// `{commit, build, digest}`.
    package var json: JSON {
        ["commit": .string(commit), "build": JSON(build), "digest": JSON(digest)]
    }
}
