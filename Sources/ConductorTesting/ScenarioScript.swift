import ConductorCore

/// A fault of a script: the line, and what would have been right.
package struct ScriptFault: Error, Sendable, Equatable, CustomStringConvertible {
    package var line: String
    package var why: String

    package var description: String { "'\(line)': \(why)" }
}

/// The words of one line, read from left to right.
struct ScriptLine {
    let text: String
    private(set) var words: [String]

    init(_ text: String) throws {
        self.text = text
        words = []
        var word = ""
        var quoted = false
        for character in text {
            if character == "\"" { quoted.toggle() }
            if character == " ", !quoted {
                if !word.isEmpty { words.append(word) }
                word = ""
            } else {
                word.append(character)
            }
        }
        if quoted { throw ScriptFault(line: text, why: "a quote is not closed") }
        if !word.isEmpty { words.append(word) }
    }

    func fault(_ why: String) -> ScriptFault { ScriptFault(line: text, why: why) }

    var isEmpty: Bool { words.isEmpty }

    /// Takes the next word.
    mutating func word(_ what: String) throws -> String {
        guard !words.isEmpty else { throw fault("\(what) is missing at the end") }
        return words.removeFirst()
    }

    /// Takes the next word if it is this one.
    mutating func take(_ word: String) -> Bool {
        guard words.first == word else { return false }
        words.removeFirst()
        return true
    }

    /// Takes what follows a keyword anywhere in the rest of the line.
    mutating func value(after keyword: String) -> String? {
        guard let place = words.firstIndex(of: keyword), place + 1 < words.count else {
            return nil
        }
        let value = words[place + 1]
        words.removeSubrange(place...(place + 1))
        return value
    }

    /// Takes everything after a keyword as one text.
    mutating func text(after keyword: String) -> String? {
        guard let place = words.firstIndex(of: keyword) else { return nil }
        let rest = words[(place + 1)...].joined(separator: " ")
        words.removeSubrange(place...)
        return rest
    }

    mutating func span(_ what: String) throws -> Span {
        let text = try word(what)
        guard let span = Span(text: text) else { throw fault("'\(text)' is no span") }
        return span
    }

    mutating func instant(_ what: String) throws -> Instant {
        let text = try word(what)
        guard let instant = Instant(rfc3339: text) else { throw fault("'\(text)' is no time") }
        return instant
    }

    mutating func track() throws -> TrackID {
        let text = try word("a track")
        guard let track = TrackID(text) else { throw fault("'\(text)' is no track") }
        return track
    }

    /// The facts of the rest of the line: `name=json`, `name=json@about`, with `~time` behind for
    /// the backend's own time, `name=` for a fact that is not there any more.
    mutating func facts(into observation: inout Observation) throws {
        for word in words {
            guard let equals = word.firstIndex(of: "=") else {
                throw fault("'\(word)' is no fact; write name=value")
            }
            let name = String(word[..<equals])
            var rest = word[word.index(after: equals)...]
            observation.observedAt[name] = nil
            if let tilde = rest.lastIndex(of: "~") {
                let time = String(rest[rest.index(after: tilde)...])
                guard let instant = Instant(rfc3339: time) else {
                    throw fault("'\(time)' is no time")
                }
                observation.observedAt[name] = instant
                rest = rest[..<tilde]
            }
            var about: String?
            if let at = rest.lastIndex(of: "@") {
                about = String(rest[rest.index(after: at)...])
                rest = rest[..<at]
            }
            if rest.isEmpty {
                observation.facts[name] = nil
                continue
            }
            do {
                let value = try JSON(parsing: String(rest))
                observation.facts[name] = ObservedFact(value, about: about)
            } catch {
                throw fault("'\(rest)' is no JSON: \(error)")
            }
        }
        words = []
    }
}
