/// A path below an interface's base address; what is put into it is percent-encoded.
///
///     "repos/\(repository)/branches/\(branch)"     // release/8.9.2 becomes release%2F8.9.2
///     "repos/\(repository)/git/ref/heads/\(segments: branch)"                    // stays a path
struct APIPath: ExpressibleByStringInterpolation, Sendable, CustomStringConvertible {
    struct StringInterpolation: StringInterpolationProtocol {
        var text = ""

        init(literalCapacity: Int, interpolationCount: Int) {}

        mutating func appendLiteral(_ literal: String) { text += literal }

        /// One segment of the path, whatever it holds.
        mutating func appendInterpolation(_ value: String) { text += percentEncoded(value) }

        mutating func appendInterpolation(_ value: some BinaryInteger) { text += "\(value)" }

        /// A value whose slashes are those of the path.
        mutating func appendInterpolation(segments value: String) {
            text += value.split(separator: "/", omittingEmptySubsequences: false)
                .map { percentEncoded(String($0)) }.joined(separator: "/")
        }

        /// A part of a path that was made like this one.
        mutating func appendInterpolation(_ path: APIPath) { text += path.description }
    }

    let description: String

    init(stringLiteral value: String) { description = value }
    init(stringInterpolation: StringInterpolation) { description = stringInterpolation.text }

    /// Whether a segment is missing or would lead elsewhere; servers and proxies resolve those.
    var strays: Bool {
        description.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            .contains { $0 == "." || $0 == ".." || $0.isEmpty }
            || description.hasSuffix("/.") || description.hasSuffix("/..") || description.isEmpty
    }
}
