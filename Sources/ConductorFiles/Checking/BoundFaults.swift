internal import ConductorCore

/// Faults of a rule file that show when it is bound to an app and a platform: said once, with the
/// platforms where they show if those are not all.
struct BoundFaults {
    private struct Key: Hashable {
        var place: Place
        var code: FaultCode
        var message: String
        var suggestion: String?
    }

    struct Target: Hashable {
        var app: String
        var platform: String
    }

    private var found: [Key: [Target]] = [:]

    mutating func add(
        _ code: FaultCode,
        at place: Place,
        _ message: String,
        suggestion: String? = nil,
        for target: Target
    ) {
        let key = Key(place: place, code: code, message: message, suggestion: suggestion)
        if found[key]?.last != target { found[key, default: []].append(target) }
    }

    /// The apps for which an error was found.
    var brokenApps: Set<String> {
        Set(found.filter { $0.key.code.severity == .error }.flatMap { $0.value.map(\.app) })
    }

    /// Hands the faults over; `targets` are all to which the file was bound.
    func report(to reader: FileReader, targets: [Target]) {
        let hasManyApps = Set(targets.map(\.app)).count > 1
        for (key, places) in found {
            var message = key.message
            let shown = targets.filter(places.contains)
            if shown.count < targets.count {
                let names = shown.map { hasManyApps ? "\($0.app) on \($0.platform)" : $0.platform }
                message += " (\(hasManyApps ? "for" : "on") \(names.joined(separator: ", ")))"
            }
            reader.report(key.code, at: key.place, message, suggestion: key.suggestion)
        }
    }
}
