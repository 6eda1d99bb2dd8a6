import ConductorCore
import HTTPTypes

/// What can be asked for, in the words of the journal and the command line.
enum Verb: String, Sendable, CaseIterable {
    case advance, pause, cancel, resume, hold, signoff, approve, override, retry, abandon, resolve
    case rearm
    case stop
    case liftStop = "lift_stop"
    case add, register

    /// What is said beside the word.
    var arguments: [String] {
        switch self {
        case .pause, .cancel, .resume, .hold, .retry, .stop, .liftStop, .register: []
        case .advance: ["to"]
        case .signoff: ["what", "verdict"]
        case .approve, .rearm: ["transition"]
        case .override: ["condition", "for", "until", "lift"]
        case .abandon: ["how"]
        case .resolve: ["key", "done"]
        case .add: ["stage", "since"]
        }
    }

    /// Those that a page asks about; tracks are registered elsewhere.
    var isOnPages: Bool { self != .add && self != .register }

    /// The scopes that it is asked for at.
    func fits(_ scope: Scope) -> Bool {
        switch self {
        case .stop, .liftStop: scope.level == .installation
        case .signoff: scope.level == .track || scope.level == .release
        case .hold, .resume: true
        case .advance, .pause, .cancel, .approve, .override, .retry, .abandon, .resolve, .rearm,
            .add, .register:
            scope.level == .track
        }
    }

    /// The request, of what is said beside the word.
    ///
    /// - Throws: `Problem` for what is missing, or means nothing.
    func request(_ given: [String: JSON]) throws(Problem) -> Command.Request {
        let said = Arguments(verb: self, given: given)
        try said.checkNames()
        switch self {
        case .advance: return .advance(to: try said.text("to"))
        case .pause: return .pause
        case .cancel: return .cancel
        case .resume: return .resume
        case .hold: return .hold
        case .retry: return .retry
        case .stop: return .stop
        case .liftStop: return .liftStop
        case .register: return .register
        case .add: return .add(stage: try said.text("stage"), since: try said.instant("since"))
        case .approve: return .approve(transition: try said.text("transition"))
        case .rearm: return .rearm(transition: try said.text("transition"))
        case .signoff:
            return .signoff(
                what: try said.needed("what"),
                verdict: try said.word("verdict", Command.Signoff.self) ?? .approved
            )
        case .abandon:
            guard let how = try said.word("how", Command.Abandonment.self) else {
                throw said.missing("how")
            }
            return .abandon(how)
        case .resolve:
            guard let done = try said.flag("done") else { throw said.missing("done") }
            return .resolve(key: try said.needed("key"), done: done)
        case .override:
            let terms: [Command.OverrideTerm] = [
                try said.instant("until").map { .until($0) },
                try said.span("for").map { .lasting($0) },
                try said.flag("lift") == true ? .lifted : nil,
            ].compactMap(\.self)
            guard terms.count == 1 else {
                throw Problem(.badRequest, "'override' takes one of 'until', 'for' and 'lift'")
            }
            return .override(condition: try said.needed("condition"), term: terms[0])
        }
    }
}

/// What is said beside a word.
private struct Arguments {
    var verb: Verb
    var given: [String: JSON]

    private static let longest = 1_000

    func checkNames() throws(Problem) {
        let wrong = given.keys.sorted { $0.precedes($1) }.first { !verb.arguments.contains($0) }
        guard let wrong else { return }
        let known = verb.arguments.isEmpty ? "nothing" : verb.arguments.joined(separator: ", ")
        throw Problem(
            .badRequest,
            "'\(wrong.prefix(40))' means nothing with '\(verb.rawValue)', which takes \(known)"
        )
    }

    func missing(_ name: String) -> Problem {
        Problem(.badRequest, "'\(verb.rawValue)' needs '\(name)'")
    }

    private func wrong(_ name: String, _ what: String) -> Problem {
        Problem(.badRequest, "'\(name)' is \(what)")
    }

    func text(_ name: String) throws(Problem) -> String? {
        guard let value = given[name], value != .null else { return nil }
        guard let text = value.stringValue, !text.isEmpty, text.utf8.count <= Self.longest else {
            throw wrong(name, "a text, of \(Self.longest) bytes at most")
        }
        return text
    }

    func needed(_ name: String) throws(Problem) -> String {
        guard let text = try text(name) else { throw missing(name) }
        return text
    }

    func flag(_ name: String) throws(Problem) -> Bool? {
        guard let value = given[name], value != .null else { return nil }
        guard let flag = value.boolValue else { throw wrong(name, "true or false") }
        return flag
    }

    func instant(_ name: String) throws(Problem) -> Instant? {
        guard let text = try text(name) else { return nil }
        guard let instant = Instant(rfc3339: text) else {
            throw wrong(name, "a time such as 2026-03-02T09:00:00Z (RFC 3339)")
        }
        return instant
    }

    func span(_ name: String) throws(Problem) -> Span? {
        guard let text = try text(name) else { return nil }
        guard let span = Span(text: text), span > .zero else {
            throw wrong(name, "a length of time such as 90m, 4h or 2d")
        }
        return span
    }

    func word<Word: CaseIterable & RawRepresentable<String>>(
        _ name: String,
        _ type: Word.Type
    ) throws(Problem) -> Word? {
        guard let text = try text(name) else { return nil }
        guard let word = Word(rawValue: text) else {
            throw wrong(name, "one of \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return word
    }
}
