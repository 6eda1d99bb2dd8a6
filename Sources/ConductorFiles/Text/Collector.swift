/// Gathers what is wrong, in whatever order it is found.
final class Collector {
    private(set) var faults: [Fault] = []
    /// Lines that hold a secret and are never shown.
    private var secretLines: Set<SecretLine> = []

    private struct SecretLine: Hashable {
        var file: String
        var line: Int
    }

    var hasErrors: Bool { errorCount > 0 }
    private(set) var errorCount = 0

    func add(
        _ code: FaultCode,
        at place: Place,
        in source: SourceText,
        _ message: String,
        suggestion: String? = nil
    ) {
        var fault = Fault(
            file: source.file,
            place: place,
            code: code,
            message: message,
            suggestion: suggestion
        )
        fault.excerpt = Fault.Excerpt(line: source.line(place.line), column: place.column)
        add(fault)
    }

    /// A fault without a text to point into.
    func add(_ fault: Fault) {
        faults.append(fault)
        if fault.severity == .error { errorCount += 1 }
    }

    /// Keeps a line of a file out of every message.
    func hide(line: Int, of source: SourceText) {
        secretLines.insert(SecretLine(file: source.file, line: line))
    }

    /// Each fault once, in order of place.
    var sorted: [Fault] {
        var seen: Set<Fault> = []
        return
            faults
            .map { fault in
                var fault = fault
                if secretLines.contains(SecretLine(file: fault.file, line: fault.line)) {
                    fault.excerpt = nil
                }
                return fault
            }
            .filter { seen.insert($0).inserted }
            .sorted()
    }
}
