import ConductorCore
import HTTPTypes

/// What is asked: the parts of the path and the query, decoded, each once.
struct Question: Sendable {
    var path: [String]
    var query: [String: String]
    var headers: HTTPFields
    /// The address of whoever asks.
    var address: String

    /// Reads a request's target.
    ///
    /// - Throws: `Problem` for what no honest browser sends: escapes that are none, dots that climb,
    ///   slashes in disguise, a name given twice.
    init(
        target: String,
        headers: HTTPFields,
        address: String,
        limits: DashboardLimits
    ) throws(Problem) {
        guard target.utf8.count <= limits.pathBytes else {
            throw Problem(.uriTooLong, "the address has more than \(limits.pathBytes) bytes")
        }
        guard target.hasPrefix("/") else {
            throw Problem(.badRequest, "the address does not begin with /")
        }
        let halves = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var path: [String] = []
        for part in halves[0].dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            guard let decoded = Self.decoded(part, plusIsSpace: false), decoded != ".",
                decoded != "..",
                !decoded.utf8.contains(where: { $0 < 0x20 || $0 == 0x2F || $0 == 0x5C })
            else { throw Problem(.badRequest, "the path has a part that no name can be") }
            path.append(decoded)
        }
        if path.count > 1 || path.first != "" {
            guard !path.contains("") else {
                throw Problem(.notFound, "nothing is at this address; a path has no empty parts")
            }
        } else {
            path = []
        }
        self.path = path
        query = halves.count > 1 ? try Self.query(halves[1]) : [:]
        self.headers = headers
        self.address = address
    }

    static func query(_ text: Substring) throws(Problem) -> [String: String] {
        var query: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = decoded(halves[0], plusIsSpace: true),
                let value = decoded(halves.count > 1 ? halves[1] : "", plusIsSpace: true)
            else { throw Problem(.badRequest, "the query has an escape that is none") }
            guard query.updateValue(value, forKey: name) == nil else {
                throw Problem(.badRequest, "the query says '\(name.prefix(40))' twice")
            }
        }
        return query
    }

    /// Percent-decoded; nil where an escape is none, or the bytes are no UTF-8.
    private static func decoded(_ text: Substring, plusIsSpace: Bool) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst(), let low = rest.popFirst(),
                    let value = UInt8(
                        String(decoding: [high, low], as: UTF8.self),
                        radix: 16
                    ), high != UInt8(ascii: "+"), high != UInt8(ascii: "-")
                else { return nil }
                bytes.append(value)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// A query's value, if one is given and is not empty.
    func value(_ name: String) -> String? {
        query[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The moment that is asked about.
    ///
    /// - Throws: `Problem` where it is none.
    func moment() throws(Problem) -> Instant? {
        guard let text = value("at") else { return nil }
        guard let instant = Instant(rfc3339: text) else {
            throw Problem(
                .badRequest,
                "'at' is no time: it is written 2026-03-02T09:00:00Z (RFC 3339)"
            )
        }
        return instant
    }

    /// A whole number in a range, or what it is when nothing is said.
    ///
    /// - Throws: `Problem` where it is none, or outside.
    func number(
        _ name: String,
        in range: ClosedRange<Int64>,
        otherwise: Int64
    ) throws(Problem) -> Int64 {
        guard let text = value(name) else { return otherwise }
        guard let number = Int64(text), range.contains(number) else {
            throw Problem(
                .badRequest,
                "'\(name)' is a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return number
    }

    /// Refuses names in the query that mean nothing here.
    ///
    /// - Throws: `Problem`, naming those that do.
    func allow(_ names: [String]) throws(Problem) {
        guard let wrong = query.keys.sorted().first(where: { !names.contains($0) }) else { return }
        let known = names.isEmpty ? "none" : names.joined(separator: ", ")
        throw Problem(.badRequest, "'\(wrong.prefix(40))' means nothing here; known: \(known)")
    }
}
