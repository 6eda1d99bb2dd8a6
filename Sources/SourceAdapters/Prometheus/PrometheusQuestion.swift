import ConductorCore
import ConductorPorts

/// One fact of Prometheus: a query, and how its answer becomes one value.
///
///     crash_free_users: {query: 'app_crash_free_users{version="${version}"}'}
///     anr_rate: {query: 'app_anr_rate{version=${version}}', range: 3h, step: 5m, reduce: max}
///     queue: {query: upload_queue, type: int, unit: builds, series: sum}
struct PrometheusQuestion: Sendable {
    /// How several values become one.
    enum Reduction: String, Sendable, CaseIterable {
        case last, min, max, avg, sum
    }

    /// A span of time that is asked about, and how its values become one.
    struct Range: Sendable {
        var length: Span
        var step: Span
        var reduction: Reduction
    }

    let entry: FactSchema.Entry
    let query: Template
    let range: Range?
    /// How the values of several series become one; nil: there must be one series.
    private let series: Reduction?
    /// The label that says which version a series is about.
    private let about: String?

    /// The most values of one series that Prometheus gives.
    private static let points: Int64 = 11_000
    /// Bytes of a query; it goes into an address.
    private static let queryBytes = 4_000

    init?(_ name: String, settings: SettingsReader) {
        let query = settings.template("query", .source)
        if !settings.has("query") { settings.missing("query", "a query in PromQL") }
        if let query, query.text.utf8.count > Self.queryBytes {
            settings.fault(
                .badValue,
                "query",
                "is longer than \(Self.queryBytes) bytes; make a recording rule of it"
            )
        }
        let usual = RoleFacts.quality.first { $0.name == name }
        let type = settings.word("type", among: ["double", "int", "bool"])
        let unit = settings.string("unit") ?? usual?.unit
        let maxAge = settings.span("max_age")
        about = settings.string("about")
        series = settings.word("series", among: ["min", "max", "avg", "sum"])
            .flatMap(Reduction.init)
        range = Self.range(settings)
        guard let query else { return nil }
        if usual != nil, about == nil, !query.namesVersion {
            settings.fault(
                .badFact,
                "query",
                "'\(name)' is about a version: name ${version}, or say with 'about' which label does"
            )
        }
        self.query = query
        entry = .init(
            name: name,
            type: type.flatMap { FactType(.string($0)) } ?? usual?.type ?? .double,
            unit: unit,
            subject: about != nil || query.namesVersion ? .version : .none,
            maxAge: maxAge
        )
    }

    private static func range(_ settings: SettingsReader) -> Range? {
        let length = settings.span("range")
        let step = settings.span("step") ?? .minutes(1)
        let word = settings.word("reduce", among: Reduction.allCases.map(\.rawValue))
        guard settings.has("range") else {
            for key in ["reduce", "step"] where settings.has(key) {
                settings.fault(.badValue, key, "says something of a 'range', and there is none")
            }
            return nil
        }
        if !settings.has("reduce") {
            settings.missing(
                "reduce",
                "what becomes of the values in the range: last, min, max, avg, sum"
            )
        }
        guard let length, let reduction = word.flatMap(Reduction.init) else { return nil }
        guard step > .zero, length >= step,
            length.milliseconds / step.milliseconds < points
        else {
            settings.fault(
                .badValue,
                "step",
                "'range' should be longer than 'step', and less than \(points) of them"
            )
            return nil
        }
        return Range(length: length, step: step, reduction: reduction)
    }

    // MARK: The answer

    /// A value and its time, or nil where the answer has none: no series, not a number, infinite.
    ///
    /// - Throws: where the answer is not one for this fact, in words for whoever wrote the settings.
    func value(
        _ data: JSON,
        version: String?
    ) throws(APIProblem) -> (fact: ObservedFact, time: Instant)? {
        let found: [Series]
        switch try data.text("resultType") {
        case "scalar" where range == nil:
            found = [Series(labels: [:], samples: [try Sample(data.list("result"))])]
        case "vector" where range == nil, "matrix" where range != nil:
            var list: [Series] = []
            for one in try data.list("result") {
                list.append(try Series(one, name: entry.name, isRange: range != nil))
            }
            found = list
        case let type:
            throw APIProblem(.malformed, "\(entry.name): the query gives a \(type), no number")
        }
        guard let first = found.first else { return nil }
        guard found.count == 1 || series != nil else {
            throw APIProblem(
                .malformed,
                "\(entry.name): \(found.count) series, and one is needed; aggregate them in the "
                    + "query, or say with 'series' how they become one"
            )
        }
        var subject = entry.subject == .version ? version : nil
        if let about {
            guard let said = first.labels[about], found.allSatisfy({ $0.labels[about] == said })
            else { return nil }
            subject = said
        }
        var values: [Double] = []
        var time: Instant?
        for one in found {
            guard let newest = one.samples.map(\.time).max() else { return nil }
            guard let value = Self.reduced(one.samples.map(\.value), range?.reduction ?? .last)
            else { return nil }
            values.append(value)
            time = min(time ?? newest, newest)
        }
        guard let time, let value = Self.reduced(values, series ?? .last) else { return nil }
        return (ObservedFact(try json(value), about: subject), time)
    }

    /// Nil where a value that counts is no number.
    private static func reduced(_ values: [Double?], _ reduction: Reduction) -> Double? {
        let result: Double?
        switch reduction {
        case .last: result = values.last ?? nil
        case .min, .max, .avg, .sum:
            let known = values.compactMap(\.self)
            guard known.count == values.count, !known.isEmpty else { return nil }
            switch reduction {
            case .min: result = known.min()
            case .max: result = known.max()
            case .last, .sum: result = known.reduce(0, +)
            case .avg: result = known.reduce(0, +) / Double(known.count)
            }
        }
        return result.flatMap { $0.isFinite ? $0 : nil }
    }

    /// The value in the fact's type; what does not fit is a fault of query or settings.
    private func json(_ value: Double) throws(APIProblem) -> JSON {
        if entry.unit == "fraction", !(0...1).contains(value) {
            throw APIProblem(.malformed, "\(entry.name): \(value) is no fraction of 1")
        }
        switch entry.type {
        case .int:
            guard let whole = Int64(exactly: value) else {
                throw APIProblem(.malformed, "\(entry.name): \(value) is no whole number")
            }
            return .int(whole)
        case .bool:
            guard value == 0 || value == 1 else {
                throw APIProblem(.malformed, "\(entry.name): \(value) is neither 0 nor 1")
            }
            return .bool(value == 1)
        case .double, .string, .timestamp, .duration, .list, .record, .map: return .double(value)
        }
    }

    /// `[seconds, "text of the number"]`.
    private struct Sample: Sendable {
        var time: Instant
        /// Nil for what is no number, and for the infinite.
        var value: Double?

        init(_ pair: [JSON]) throws(APIProblem) {
            guard pair.count == 2, let text = pair[1].stringValue else {
                throw APIProblem(.malformed, "a sample in the answer is no pair of time and text")
            }
            let seconds: Double
            switch pair[0] {
            case .int(let number): seconds = Double(number)
            case .double(let number): seconds = number
            case .null, .bool, .string, .array, .object:
                throw APIProblem(.malformed, "a sample in the answer has no time")
            }
            guard let milliseconds = Int64(exactly: (seconds * 1000).rounded()) else {
                throw APIProblem(.malformed, "a sample in the answer has no time")
            }
            time = Instant(milliseconds: milliseconds)
            if ["NaN", "+Inf", "-Inf", "Inf"].contains(text) { return }
            guard text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }),
                let number = Double(text)
            else { throw APIProblem(.malformed, "'\(text)' in the answer is no number") }
            value = number.isFinite ? number : nil
        }
    }

    private struct Series: Sendable {
        var labels: [String: String]
        var samples: [Sample]

        init(labels: [String: String], samples: [Sample]) {
            self.labels = labels
            self.samples = samples
        }

        init(_ json: JSON, name: String, isRange: Bool) throws(APIProblem) {
            labels = try json.labels("metric")
            let key = isRange ? "values" : "value"
            if json[key] == nil, json["histogram"] != nil || json["histograms"] != nil {
                throw APIProblem(.malformed, "\(name): the query gives a histogram, no number")
            }
            guard isRange else {
                samples = [try Sample(json.list(key))]
                return
            }
            var list: [Sample] = []
            for pair in try json.list(key) { list.append(try Sample(pair.list())) }
            samples = list.sorted { $0.time < $1.time }
        }
    }
}

extension JSON {
    /// Labels and their texts.
    func labels(_ name: String) throws(APIProblem) -> [String: String] {
        guard let members = self[name]?.objectValue else {
            throw APIProblem(.malformed, "'\(name)' in the answer should be a mapping of labels")
        }
        var labels: [String: String] = [:]
        for label in members.keys {
            labels[label] = try JSON.object(members).text(label)
        }
        return labels
    }
}

extension Template {
    /// Whether what comes of it depends on the version.
    var namesVersion: Bool {
        variables.contains { name in
            ["version", "release", "track", "track.version", "track.release", "track.id"]
                .contains(name)
        }
    }
}

extension SettingsReader {
    /// One of a few words.
    func word(_ key: String, among words: [String]) -> String? {
        guard let text = string(key) else { return nil }
        guard words.contains(text) else {
            fault(
                .badValue,
                key,
                "'\(text)' is none of: " + words.joined(separator: ", "),
                suggestion: nearest(to: text, among: words)
            )
            return nil
        }
        return text
    }
}
