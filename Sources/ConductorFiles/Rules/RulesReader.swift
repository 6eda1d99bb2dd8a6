internal import ConductorCore

/// Reads a rule file into a document; what does not fit is reported, and left out.
struct RulesReader {
    private let reader: FileReader
    private var document: RulesDocument

    static func read(_ source: SourceText, into collector: Collector) -> RulesDocument? {
        guard let root = YAMLReader.read(source, into: collector) else { return nil }
        var reader = RulesReader(
            reader: FileReader(source: source, collector: collector),
            document: RulesDocument(source: source)
        )
        return reader.read(root)
    }

    private mutating func read(_ root: YAMLNode) -> RulesDocument? {
        guard var file = reader.section(root, of: "a rule file", at: .start) else { return nil }
        if let node = file.require("machine"),
            let name = reader.name(node, of: "the machine's name")
        {
            document.name = name.text
        }
        if let node = file.require("version") { readVersion(node) }
        if let node = file.take("head") {
            document.head = reader.name(node, of: "'head'", .path)
        }
        if let node = file.take("candidate") { document.candidate = candidate(node) }
        if let node = file.take("parameters") { readParameters(node) }
        if let node = file.require("stages") { readStages(node) }
        if let node = file.take("conditions") { readConditions(node) }
        if let node = file.take("guards") { readGuards(node) }
        if let node = file.require("transitions") { readTransitions(node) }
        file.finish()
        return document
    }

    private mutating func readVersion(_ node: YAMLNode) {
        guard let version = reader.integer(node, of: "'version'", in: 1...Int.max) else { return }
        document.version = version
        if version != 1 {
            reader.report(
                .unsupportedVersion,
                at: node.place,
                "this conductord reads version 1 of rule files, not \(version)",
                suggestion: "1"
            )
        }
    }

    private func candidate(_ node: YAMLNode) -> RulesDocument.CandidateText? {
        guard var section = reader.section(node, of: "'candidate'") else { return nil }
        let commit = section.require("commit").flatMap { reader.name($0, of: "'commit'", .path) }
        let build = section.take("build").flatMap { reader.name($0, of: "'build'", .path) }
        let digest = section.take("digest").flatMap { reader.name($0, of: "'digest'", .path) }
        section.finish()
        return commit.map { .init(commit: $0, build: build, digest: digest) }
    }

    private mutating func readParameters(_ node: YAMLNode) {
        for entry in declarations(node, of: "'parameters'") {
            let name = reader.name(entry.key, at: entry.keyPlace, of: "a parameter", .identifier)
            guard let name else { continue }
            document.parameters.append(.init(name: name, value: entry.value.json))
        }
    }

    /// The entries of a mapping of declarations, not too many of them.
    private func declarations(_ node: YAMLNode, of what: String) -> [YAMLNode.Entry] {
        if node.isNull { return [] }
        let entries = reader.entries(node, of: what) ?? []
        if entries.count > Limits.declarationsPerMachine {
            let entry = entries[Limits.declarationsPerMachine]
            reader.report(
                .tooLarge,
                at: entry.keyPlace,
                "\(what) has more than \(Limits.declarationsPerMachine) entries"
            )
        }
        return Array(entries.prefix(Limits.declarationsPerMachine))
    }

    // MARK: Stages

    private mutating func readStages(_ node: YAMLNode) {
        if let entries = reader.entries(node, of: "'stages'"), entries.isEmpty {
            reader.report(.emptyList, at: node.place, "a machine has at least one stage")
        }
        for entry in declarations(node, of: "'stages'") {
            guard let name = reader.name(entry.key, at: entry.keyPlace, of: "a stage") else {
                continue
            }
            let shelf = Stage.Shelf.current
            var stage = RulesDocument.StageText(
                name: name,
                shelf: shelf,
                kind: .road,
                terminal: false,
                reality: []
            )
            let what = "stage '\(name.text)'"
            if var section = reader.section(entry.value, of: what, at: name.place) {
                if let node = section.require("shelf") {
                    stage.shelf = reader.choice(node, of: "'shelf'") ?? shelf
                }
                if let node = section.take("kind") {
                    stage.kind = reader.choice(node, of: "'kind'") ?? .road
                }
                if let node = section.take("terminal") {
                    stage.terminal = reader.flag(node, of: "'terminal'") ?? false
                }
                if let node = section.take("latch"),
                    reader.choice(node, of: "'latch'", as: Latch.self) != nil
                {
                    stage.latchPlace = section.place(of: "latch") ?? name.place
                }
                stage.monitor = section.span("monitor")
                if let node = section.take("reality") { stage.reality = realities(node) }
                if let node = section.take("live_at") { stage.liveAt = liveFacts(node) }
                section.finish()
            }
            document.stages.append(stage)
        }
    }

    private enum Latch: String, CaseIterable { case candidate }

    private func realities(_ node: YAMLNode) -> [RulesDocument.Reality] {
        guard case .mapping(let entries) = node.content else {
            return formula(node, of: "'reality'").map { [.init(platform: nil, formula: $0)] } ?? []
        }
        return entries.compactMap { entry in
            guard let platform = reader.name(entry.key, at: entry.keyPlace, of: "a platform"),
                let formula = formula(entry.value, of: "'reality'")
            else { return nil }
            return .init(platform: platform, formula: formula)
        }
    }

    private func liveFacts(_ node: YAMLNode) -> [RulesDocument.LiveAt] {
        guard case .mapping(let entries) = node.content else {
            return reader.name(node, of: "'live_at'", .path).map {
                [.init(platform: nil, fact: $0)]
            } ?? []
        }
        return entries.compactMap { entry in
            guard let platform = reader.name(entry.key, at: entry.keyPlace, of: "a platform"),
                let fact = reader.name(entry.value, of: "'live_at'", .path)
            else { return nil }
            return .init(platform: platform, fact: fact)
        }
    }

    // MARK: Conditions

    private mutating func readConditions(_ node: YAMLNode) {
        for entry in declarations(node, of: "'conditions'") {
            guard let name = reader.name(entry.key, at: entry.keyPlace, of: "a condition") else {
                continue
            }
            var condition = RulesDocument.ConditionText(name: name)
            if case .scalar = entry.value.content {
                condition.expr = formula(entry.value, of: "condition '\(name.text)'")
            } else if let section = reader.section(
                entry.value,
                of: "condition '\(name.text)'",
                at: name.place
            ) {
                read(section, into: &condition)
            }
            document.conditions.append(condition)
        }
    }

    private func read(_ section: Section, into condition: inout RulesDocument.ConditionText) {
        var section = section
        condition.expr = section.require("expr").flatMap { formula($0, of: "'expr'") }
        condition.alarm = section.take("alarm").flatMap { formula($0, of: "'alarm'") }
        condition.applies = section.take("applies").flatMap { formula($0, of: "'applies'") }
        condition.title = section.take("title").flatMap { reader.text($0, of: "'title'") }
        condition.owner = section.take("owner").flatMap { reader.text($0, of: "'owner'") }
        condition.link = section.take("link").flatMap { formula($0, of: "'link'") }
        if let node = section.take("max_age"), let span = reader.span(node, of: "'max_age'") {
            condition.maxAge = Located(value: span, place: node.place)
        }
        condition.sustained = section.span("sustained")
        condition.every = section.span("every")
        section.finish()
    }

    private func formula(_ node: YAMLNode, of what: String) -> Formula? {
        guard let scalar = reader.scalar(node), scalar.json != .null else {
            reader.report(.wrongKind, at: node.place, "\(what) is a text, not \(node.what)")
            return nil
        }
        return Formula(scalar: scalar, place: node.place)
    }

    // MARK: Transitions

    private mutating func readTransitions(_ node: YAMLNode) {
        for node in rules(node, of: "'transitions'") {
            guard var section = reader.section(node, of: "a transition") else { continue }
            var transition = RulesDocument.TransitionText(
                place: node.place,
                from: [],
                when: [],
                actions: [],
                manual: false,
                claims: [],
                platforms: [],
                before: []
            )
            transition.name = section.take("name").flatMap {
                reader.name($0, of: "a transition's name")
            }
            if let node = section.require("from") {
                transition.from = reader.names(node, of: "'from'", single: true) ?? []
                reportEmpty(node, "'from'")
            }
            transition.to = section.require("to").flatMap(destination)
            if let node = section.take("when") {
                transition.when = reader.names(node, of: "'when'", single: true) ?? []
            }
            transition.actions = section.take("do").map(actions) ?? []
            transition.dwell = section.span("dwell")
            transition.manual =
                section.take("manual").flatMap { reader.flag($0, of: "'manual'") } ?? false
            transition.claims =
                section.take("claims").flatMap { reader.names($0, of: "'claims'", single: true) }
                ?? []
            transition.within =
                section.take("within").flatMap { reader.names($0, of: "'within'", single: true) }
                ?? []
            transition.platforms = platforms(&section)
            if let node = section.take("resume_limit"),
                let limit = reader.integer(node, of: "'resume_limit'", in: 1...1000)
            {
                transition.resumeLimit = Located(
                    value: limit,
                    place: section.place(of: "resume_limit") ?? node.place
                )
            }
            transition.adopts =
                section.take("adopt").flatMap { reader.flag($0, of: "'adopt'") } ?? false
            transition.onError = section.take("on_error").flatMap(onError)
            if let node = section.take("approvals"),
                let needed = reader.integer(node, of: "'approvals'", in: 1...20)
            {
                transition.approvals = Located(
                    value: needed,
                    place: section.place(of: "approvals") ?? node.place
                )
            }
            transition.before =
                section.take("before").flatMap { reader.names($0, of: "'before'", single: true) }
                ?? []
            section.finish()
            document.transitions.append(transition)
        }
    }

    private func rules(_ node: YAMLNode, of what: String) -> [YAMLNode] {
        if node.isNull { return [] }
        let nodes = reader.list(node, of: what) ?? []
        if nodes.count > Limits.declarationsPerMachine {
            reader.report(
                .tooLarge,
                at: nodes[Limits.declarationsPerMachine].place,
                "\(what) has more than \(Limits.declarationsPerMachine) entries"
            )
        }
        return Array(nodes.prefix(Limits.declarationsPerMachine))
    }

    private func platforms(_ section: inout Section) -> [Word] {
        guard let node = section.take("platforms") else { return [] }
        reportEmpty(node, "'platforms'")
        return reader.names(node, of: "'platforms'", single: true) ?? []
    }

    private func reportEmpty(_ node: YAMLNode, _ what: String) {
        if case .sequence(let nodes) = node.content, nodes.isEmpty {
            reader.report(.emptyList, at: node.place, "\(what) names nothing")
        }
    }

    private func onError(_ node: YAMLNode) -> RulesDocument.OnErrorText? {
        guard var section = reader.section(node, of: "'on_error'") else { return nil }
        let road = RulesDocument.OnErrorText(
            place: node.place,
            to: section.require("to").flatMap(destination),
            actions: section.take("do").map(actions) ?? []
        )
        section.finish()
        return road
    }

    private func destination(_ node: YAMLNode) -> RulesDocument.DestinationText? {
        if let scalar = reader.scalar(node), scalar.text.hasPrefix("$") {
            if scalar.text == "$previous" { return .previous(node.place) }
            reader.report(
                .unknownStage,
                at: node.place,
                "there is no stage '\(FileReader.shortened(scalar.text))'",
                suggestion: "$previous"
            )
            return nil
        }
        return reader.name(node, of: "'to'").map { .stage($0) }
    }

    private func actions(_ node: YAMLNode) -> [RulesDocument.ActionText] {
        guard let nodes = reader.list(node, of: "'do'", single: true) else { return [] }
        if nodes.count > Limits.actionsPerTransition {
            reader.report(
                .tooLarge,
                at: nodes[Limits.actionsPerTransition].place,
                "'do' has more than \(Limits.actionsPerTransition) actions"
            )
        }
        return nodes.compactMap(action)
    }

    private func action(_ node: YAMLNode) -> RulesDocument.ActionText? {
        guard case .mapping(let entries) = node.content else {
            return reader.name(node, of: "an action's name", .dotted).map {
                .init(name: $0, with: [:], texts: [])
            }
        }
        guard entries.count == 1, let entry = entries.first else {
            reader.report(
                .wrongKind,
                at: node.place,
                "an action is a name, or one name with its parameters: {chat.post: {text: ...}}"
            )
            return nil
        }
        let word = reader.name(entry.key, at: entry.keyPlace, of: "an action's name", .dotted)
        guard let word else { return nil }
        var action = RulesDocument.ActionText(name: word, with: [:], texts: [])
        if entry.value.isNull { return action }
        for parameter in reader.entries(entry.value, of: "the parameters of '\(word.text)'") ?? [] {
            action.with[parameter.key] = parameter.value.json
            action.texts += texts(in: parameter.value)
        }
        return action
    }

    private func texts(in node: YAMLNode) -> [Formula] {
        switch node.content {
        case .scalar(let scalar): [Formula(scalar: scalar, place: node.place)]
        case .mapping(let entries): entries.flatMap { texts(in: $0.value) }
        case .sequence(let nodes): nodes.flatMap(texts)
        }
    }

    // MARK: Guards

    private mutating func readGuards(_ node: YAMLNode) {
        for node in rules(node, of: "'guards'") {
            guard var section = reader.section(node, of: "a guard") else { continue }
            let name = section.require("name").flatMap { reader.name($0, of: "a guard's name") }
            var watcher = RulesDocument.GuardText(
                name: name ?? Word(text: "", place: node.place),
                watch: [],
                when: [],
                toPlace: node.place,
                actions: [],
                platforms: []
            )
            if let node = section.require("watch") {
                watcher.watch = reader.names(node, of: "'watch'", single: true) ?? []
                reportEmpty(node, "'watch'")
            }
            if let node = section.require("when") { watcher.when = questions(node, of: watcher) }
            if let node = section.take("unless") {
                watcher.unless = reader.names(node, of: "'unless'", single: true) ?? []
                reportEmpty(node, "'unless'")
            }
            watcher.blindAfter = section.span("blind_after")
            if let node = section.require("to") {
                watcher.to = destination(node)
                watcher.toPlace = node.place
            }
            watcher.actions = section.take("do").map(actions) ?? []
            watcher.platforms = platforms(&section)
            section.finish()
            if name != nil { document.guards.append(watcher) }
        }
    }

    /// Names of conditions; or an expression, which becomes a condition with the guard's name.
    private mutating func questions(
        _ node: YAMLNode,
        of watcher: RulesDocument.GuardText
    ) -> [Word] {
        guard case .scalar(let scalar) = node.content, scalar.json != .null else {
            reportEmpty(node, "'when'")
            return reader.names(node, of: "'when'") ?? []
        }
        let isName = FileReader.isName(scalar.text, .plain)
        if isName, document.conditions.contains(where: { $0.name.text == scalar.text }) {
            return [Word(text: scalar.text, place: node.place)]
        }
        let name = watcher.name.text
        guard !name.isEmpty else { return [] }
        if document.conditions.contains(where: { $0.name.text == name }) {
            reader.report(
                .duplicateName,
                at: watcher.name.place,
                "the guard's expression becomes a condition called '\(name)', and there is one"
            )
            return []
        }
        if isName {
            // A bare word is a misspelt name rather than an expression.
            return [Word(text: scalar.text, place: node.place)]
        }
        var condition = RulesDocument.ConditionText(name: watcher.name)
        condition.expr = Formula(scalar: scalar, place: node.place)
        condition.isInline = true
        document.conditions.append(condition)
        return [Word(text: name, place: node.place)]
    }
}
