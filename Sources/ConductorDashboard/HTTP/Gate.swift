import ConductorCore
import HTTPTypes

/// What is looked at before anything is answered: who is asked for, by what method, from where.
struct Gate: Sendable {
    /// The host names under which this server may be called.
    let hosts: Set<String>

    init(host: String) {
        let own = host.lowercased()
        hosts = [
            "localhost", "127.0.0.1", "[::1]", own, own.contains(":") ? "[\(own)]" : own,
        ]
    }

    /// - Throws: `Problem` for what is refused.
    func check(
        _ method: HTTPRequest.Method,
        authority: String?,
        _ headers: HTTPFields,
        isForAll: Bool
    ) throws(Problem) {
        // A page elsewhere whose name was made to lead here still calls that name.
        guard let authority, hosts.contains(Self.host(of: authority)) else {
            throw Problem(
                .misdirectedRequest,
                "this server is called by another name: use localhost or the address it listens on"
            )
        }
        guard method == .get || method == .head else {
            throw Problem(
                .methodNotAllowed,
                "here one can only look: GET and HEAD",
                fields: [(.allow, "GET, HEAD")]
            )
        }
        if let length = headers[.contentLength], length != "0" {
            throw Problem(.contentTooLarge, "a request to look has no body")
        }
        if headers[.transferEncoding] != nil {
            throw Problem(.contentTooLarge, "a request to look has no body")
        }
        guard !isForAll else { return }
        if let origin = headers[.origin], !isOwn(origin) {
            throw Problem(.forbidden, "a page of another origin asks")
        }
        if headers[.secFetchSite] == "cross-site", headers[.secFetchMode] != "navigate" {
            throw Problem(.forbidden, "a page of another site asks")
        }
    }

    private func isOwn(_ origin: String) -> Bool {
        let parts = origin.split(separator: "://", maxSplits: 1).map(String.init)
        guard parts.count == 2, parts[0] == "http" || parts[0] == "https" else { return false }
        return hosts.contains(Self.host(of: parts[1]))
    }

    /// The name without the port, in small letters.
    private static func host(of authority: String) -> String {
        let lower = authority.lowercased()
        if lower.hasPrefix("[") {
            guard let end = lower.firstIndex(of: "]") else { return lower }
            let rest = lower[lower.index(after: end)...]
            return rest.isEmpty || isPort(rest) ? String(lower[...end]) : lower
        }
        guard let colon = lower.firstIndex(of: ":") else { return lower }
        return isPort(lower[colon...]) ? String(lower[..<colon]) : lower
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.hasPrefix(":") && text.count <= 6
            && text.dropFirst().allSatisfy { ("0"..."9").contains($0) }
    }
}

extension HTTPField.Name {
    static let secFetchSite = Self.known("Sec-Fetch-Site")
    static let secFetchMode = Self.known("Sec-Fetch-Mode")
}
