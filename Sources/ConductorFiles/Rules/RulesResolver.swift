internal import ConductorCore

/// Finds names that mean nothing within a rule file, and names that are given twice.
///
/// A name that resembles another is put right after it was reported, so that one slip of the pen
/// does not show as five faults.
struct RulesResolver {
    private let reader: FileReader
    private var document: RulesDocument

    static func resolve(_ document: RulesDocument, into collector: Collector) -> RulesDocument {
        let reader = FileReader(source: document.source, collector: collector)
        var resolver = RulesResolver(reader: reader, document: document)
        resolver.resolve()
        return resolver.document
    }

    private mutating func resolve() {
        for index in document.transitions.indices {
            var transition = document.transitions[index]
            transition.from = stages(transition.from)
            transition.to = destination(transition.to)
            transition.when = conditions(transition.when)
            if let road = transition.onError {
                transition.onError?.to = destination(road.to)
            }
            document.transitions[index] = transition
        }
        for index in document.guards.indices {
            var watcher = document.guards[index]
            watcher.watch = stages(watcher.watch)
            watcher.to = destination(watcher.to)
            watcher.when = conditions(watcher.when)
            watcher.unless = conditions(watcher.unless)
            document.guards[index] = watcher
        }
        reportDuplicates()
        resolveOrder()
        reportUnused()
    }

    private mutating func stages(_ words: [Word]) -> [Word] { words.compactMap { stage($0) } }

    private mutating func stage(_ word: Word) -> Word? {
        let names = document.stages.map(\.name.text)
        if names.contains(word.text) { return word }
        let suggestion = Suggestion.nearest(to: word.text, among: names)
        reader.report(
            .unknownStage,
            at: word.place,
            "there is no stage '\(word.text)'",
            suggestion: suggestion
        )
        if suggestion == nil { document.hasUnknownStages = true }
        return suggestion.map { Word(text: $0, place: word.place) }
    }

    private mutating func destination(
        _ destination: RulesDocument.DestinationText?
    ) -> RulesDocument.DestinationText? {
        switch destination {
        case .stage(let word):
            return stage(word).map { .stage($0) }
        case .previous, nil:
            if destination == nil { document.hasUnknownStages = true }
            return destination
        }
    }

    /// Unknown names without a likeness stay: a rule that asks for nothing would be another fault.
    private func conditions(_ words: [Word]) -> [Word] {
        let names = document.conditions.map(\.name.text)
        return words.map { word in
            if names.contains(word.text) { return word }
            let suggestion = Suggestion.nearest(to: word.text, among: names)
            reader.report(
                .unknownCondition,
                at: word.place,
                "there is no condition '\(word.text)'",
                suggestion: suggestion
            )
            return suggestion.map { Word(text: $0, place: word.place) } ?? word
        }
    }

    private func reportDuplicates() {
        var seen: [String: Place] = [:]
        let named = document.transitions.compactMap(\.name) + document.guards.map(\.name)
        for word in named.sorted(by: { $0.place < $1.place }) {
            if let first = seen[word.text] {
                reader.report(
                    .duplicateName,
                    at: word.place,
                    "a transition or guard called '\(word.text)' stands in line \(first.line) already"
                )
            } else {
                seen[word.text] = word.place
            }
        }
        for transition in document.transitions where transition.name == nil {
            for name in transition.boundNames {
                if let first = seen[name] {
                    reader.report(
                        .duplicateName,
                        at: transition.place,
                        "a second transition '\(name)', beside that in line \(first.line);"
                            + " tell them apart by 'name'"
                    )
                } else {
                    seen[name] = transition.place
                }
            }
        }
    }

    /// `before` names transitions that stand below and leave the same stage.
    private mutating func resolveOrder() {
        for (index, transition) in document.transitions.enumerated() {
            for (place, word) in transition.before.enumerated() {
                let others = document.transitions.enumerated().filter { other in
                    other.offset > index
                        && other.element.from.contains { mine in
                            transition.from.contains { $0.text == mine.text }
                        }
                }
                let names = others.flatMap { $0.element.boundNames }
                if names.contains(word.text) { continue }
                let suggestion = Suggestion.nearest(to: word.text, among: names)
                reader.report(
                    .notOneOf,
                    at: word.place,
                    "'before' names a transition that stands below and leaves the same stage;"
                        + " '\(word.text)' is none",
                    suggestion: suggestion
                )
                if let suggestion {
                    document.transitions[index].before[place] = Word(
                        text: suggestion,
                        place: word.place
                    )
                }
            }
        }
    }

    private func reportUnused() {
        let used = Set(
            document.transitions.flatMap(\.when).map(\.text)
                + document.guards.flatMap { $0.when + $0.unless }.map(\.text)
        )
        for condition in document.conditions where !used.contains(condition.name.text) {
            reader.report(
                .unusedCondition,
                at: condition.name.place,
                "no transition and no guard asks for '\(condition.name.text)'"
            )
        }
    }
}

extension RulesDocument.TransitionText {
    /// The names of the transitions that this rule stands for, one for each stage left.
    var boundNames: [String] {
        from.map { boundName(from: $0.text) }
    }

    /// The name in the machine: as given, or made of both ends.
    func boundName(from stage: String) -> String {
        let end: String =
            switch to {
            case .stage(let word): word.text
            case .previous, nil: "$previous"
            }
        guard let name else { return "\(stage)->\(end)" }
        return from.count == 1 ? name.text : "\(name.text)@\(stage)"
    }
}
