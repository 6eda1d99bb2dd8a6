/// The values that an action is decided with: what `${...}` may name.
struct TemplateContext {
    let values: JSON

    init(state: TrackState, to: String, key: String, parameters: [String: JSON]) {
        values = .compact([
            "track": [
                "app": .string(state.track.app), "platform": .string(state.track.platform),
                "version": .string(state.track.version),
                "release": .string(state.track.release.description),
                "id": .string(state.track.description),
            ],
            "candidate": state.candidate.map { candidate in
                .compact([
                    "commit": .string(candidate.commit),
                    "build": candidate.build.map { .string($0) },
                    "digest": candidate.digest.map { .string($0) },
                ])
            },
            "from": state.stage.map { .string($0) },
            "to": .string(to),
            "step": .int(Int64(state.step)),
            "key": .string(key),
            "params": .object(parameters),
        ])
    }

    /// The frozen parameters of an intent: the context, and what the rule says, rendered.
    func parameters(with: [String: JSON]) -> JSON {
        guard case .object(var members) = values else { return values }
        members["with"] = .object(with.mapValues(render))
        return .object(members)
    }

    /// Fills `${path}` in texts; a text that is one `${path}` takes the value's type.
    ///
    /// A path that names nothing stays as it is written.
    private func render(_ json: JSON) -> JSON {
        switch json {
        case .string(let text): return render(text)
        case .array(let elements): return .array(elements.map(render))
        case .object(let members): return .object(members.mapValues(render))
        case .null, .bool, .int, .double: return json
        }
    }

    private func render(_ text: String) -> JSON {
        var result = ""
        var rest = text[...]
        while let start = rest.firstRange(of: "${") {
            result += rest[..<start.lowerBound]
            rest = rest[start.upperBound...]
            guard let end = rest.firstIndex(of: "}") else {
                return .string(result + "${" + rest)
            }
            let path = String(rest[..<end])
            rest = rest[rest.index(after: end)...]
            guard let value = value(at: path) else {
                result += "${\(path)}"
                continue
            }
            if result.isEmpty, rest.isEmpty, text == "${\(path)}" { return value }
            result += value.stringValue ?? value.description
        }
        return .string(result + rest)
    }

    private func value(at path: String) -> JSON? {
        var value = values
        for part in path.split(separator: ".") {
            guard let member = value[String(part)] else { return nil }
            value = member
        }
        return value
    }
}
