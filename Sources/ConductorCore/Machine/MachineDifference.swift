/// What is different between two machines, part by part.
///
/// Titles, owners and links are no difference: a track always shows the newest.
package struct MachineDifference: Sendable, Equatable {
    /// The kinds of parts, in the order in which differences are listed.
    package enum Part: String, Sendable, Hashable, CaseIterable {
        case stage, condition, transition, `guard`, order, fact, action, parameter, setting
    }

    package enum Change: String, Sendable, Hashable { case added, removed, changed }

    /// One part that is not as it was.
    package struct Item: Sendable, Equatable {
        package var part: Part
        package var name: String
        package var change: Change
        /// What is different about it, by key; all of it where it was removed.
        package var was: JSON
        /// As `was`, now; all of it where it was added.
        package var now: JSON
    }

    package private(set) var items: [Item] = []

    package init(from old: Machine, to new: Machine) {
        let (old, new) = (old.canonical, new.canonical)
        compare(.stage, old.stages.map { ($0.name, $0) }, new.stages.map { ($0.name, $0) })
        compare(
            .condition,
            old.conditions.map { ($0.name, $0) },
            new.conditions.map { ($0.name, $0) }
        )
        compare(
            .transition,
            old.transitions.map { ($0.name, $0) },
            new.transitions.map { ($0.name, $0) }
        )
        compare(.guard, old.guards.map { ($0.name, $0) }, new.guards.map { ($0.name, $0) })
        compareOrder(old, new)
        compare(.fact, old.facts.map { ($0.path, $0) }, new.facts.map { ($0.path, $0) })
        compare(.action, old.actions.map { ($0.name, $0) }, new.actions.map { ($0.name, $0) })
        compare(
            .parameter,
            old.parameters.sorted { $0.key.precedes($1.key) }.map { ($0.key, $0.value) },
            new.parameters.sorted { $0.key.precedes($1.key) }.map { ($0.key, $0.value) }
        )
        compareSettings(old, new)
    }

    /// The names of the parts of a kind that are not as they were.
    package func names(of part: Part) -> Set<String> {
        Set(items.filter { $0.part == part }.map(\.name))
    }

    private mutating func compare(
        _ part: Part,
        _ old: [(name: String, value: some Encodable)],
        _ new: [(name: String, value: some Encodable)]
    ) {
        let before = old.map { (name: $0.name, json: Self.json($0.value)) }
        let after = new.map { (name: $0.name, json: Self.json($0.value)) }
        for (name, was) in before {
            guard let now = after.first(where: { $0.name == name })?.json else {
                items.append(Item(part: part, name: name, change: .removed, was: was, now: .null))
                continue
            }
            guard was != now else { continue }
            let (mine, others) = Self.differing(was, now)
            items.append(Item(part: part, name: name, change: .changed, was: mine, now: others))
        }
        for (name, now) in after where !before.contains(where: { $0.name == name }) {
            items.append(Item(part: part, name: name, change: .added, was: .null, now: now))
        }
    }

    /// Which of the transitions from a stage goes first is a matter of their order.
    private mutating func compareOrder(_ old: Machine, _ new: Machine) {
        for stage in old.stages.map(\.name) {
            let before = old.transitions.filter { $0.from == stage }.map(\.name)
            let after = new.transitions.filter { $0.from == stage }.map(\.name)
            let mine = before.filter(after.contains)
            let others = after.filter(before.contains)
            guard mine != others else { continue }
            items.append(
                Item(
                    part: .order,
                    name: stage,
                    change: .changed,
                    was: .array(mine.map { .string($0) }),
                    now: .array(others.map { .string($0) })
                )
            )
        }
    }

    private mutating func compareSettings(_ old: Machine, _ new: Machine) {
        func settings(_ machine: Machine) -> [(name: String, value: JSON)] {
            [
                ("candidate", Self.json(machine.candidate)),
                ("head", Self.json(machine.head)),
                ("people", Self.json(machine.people)),
            ]
        }
        compare(.setting, settings(old), settings(new))
    }

    /// What was read from files and journals has a JSON form.
    private static func json(_ value: some Encodable) -> JSON {
        (try? JSON(encoding: value)) ?? .null
    }

    /// Of two objects the members that differ; other values as they are.
    private static func differing(_ left: JSON, _ right: JSON) -> (JSON, JSON) {
        guard case .object(let mine) = left, case .object(let others) = right else {
            return (left, right)
        }
        return (
            .object(mine.filter { others[$0.key] != $0.value }),
            .object(others.filter { mine[$0.key] != $0.value })
        )
    }
}
