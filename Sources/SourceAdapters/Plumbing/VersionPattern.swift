import ConductorCore
import ConductorPorts

/// A template such as `release/${version}`, read backwards: which version a name stands for.
struct VersionPattern: Sendable, Hashable {
    let beginning: String
    let ending: String

    /// - Throws: where the version does not stand in the template once, or something else has no value.
    init(_ template: Template, _ variables: Variables) throws {
        var parts = [""]
        for piece in template.pieces {
            switch piece {
            case .literal(let text): parts[parts.count - 1] += text
            case .variable("version"), .variable("track.version"): parts.append("")
            case .variable(let name):
                guard let text = try variables.value(name).stringValue else {
                    throw TemplateProblem("'${\(name)}' is no text")
                }
                parts[parts.count - 1] += text
            }
        }
        guard parts.count == 2 else {
            throw TemplateProblem(
                "versions are read from '\(template.text)', which should hold ${version} once"
            )
        }
        (beginning, ending) = (parts[0], parts[1])
    }

    /// The version that a name stands for; nil where the name is another's.
    func version(in name: String) -> String? {
        let rest = name.utf8.count - beginning.utf8.count - ending.utf8.count
        guard rest > 0, name.hasPrefix(beginning), name.hasSuffix(ending) else { return nil }
        return String(name.dropFirst(beginning.count).dropLast(ending.count))
    }
}
