/// An absolute `http` or `https` address, taken apart as far as origins need it.
struct WebAddress: Sendable, Hashable, CustomStringConvertible {
    /// Scheme, host and port: what a credential is meant for.
    struct Origin: Sendable, Hashable, CustomStringConvertible {
        var scheme: String
        var host: String
        var port: Int

        var description: String { "\(scheme)://\(host):\(port)" }
    }

    let origin: Origin
    /// `https://host:port` as it was written.
    private let head: String
    /// Path and query, beginning with `/`.
    let tail: String

    /// Nil for anything but an absolute address without user name, white space and backslash.
    init?(_ text: String) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }),
            let colon = text.firstRange(of: "://")
        else { return nil }
        let scheme = text[..<colon.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https" else { return nil }
        let rest = text[colon.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !authority.isEmpty, !authority.contains("@") else { return nil }
        var host = authority[...]
        var port = scheme == "https" ? 443 : 80
        let end = authority.lastIndex(of: "]") ?? authority.startIndex
        if let separator = authority[end...].lastIndex(of: ":") {
            host = authority[..<separator]
            guard let number = Int(authority[authority.index(after: separator)...]),
                (1...65_535).contains(number)
            else { return nil }
            port = number
        }
        guard !host.isEmpty else { return nil }
        origin = Origin(scheme: scheme, host: host.lowercased(), port: port)
        head = scheme + "://" + authority
        let tail = rest.dropFirst(authority.count).prefix { $0 != "#" }
        self.tail = tail.hasPrefix("/") ? String(tail) : "/" + tail
    }

    var description: String { head + tail }

    /// Where a `Location` header leads from here; nil for what is no address (RFC 3986, section 5).
    func following(_ location: String) -> WebAddress? {
        if location.contains("://"), let absolute = WebAddress(location) { return absolute }
        if location.hasPrefix("//") { return WebAddress(origin.scheme + ":" + location) }
        if location.hasPrefix("/") { return WebAddress(head + location) }
        let isOtherScheme = location.prefix { $0 != "/" && $0 != "?" && $0 != "#" }.contains(":")
        guard !location.isEmpty, !isOtherScheme else { return nil }
        let path = tail.prefix { $0 != "?" }
        if location.hasPrefix("?") { return WebAddress(head + path + location) }
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? "/"
        return WebAddress(head + folder + location)
    }
}
