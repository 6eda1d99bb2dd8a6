import ConductorCore
import HTTPTypes

/// What is looked at before anything is answered: who is asked for, by what method, from where.
struct Gate: Sendable {
    /// The host names under which this server may be called.
    let hosts: Set<String>
    /// Names of its own, under which others may call it for people.
    private let names: Set<String>
    private let limits: DashboardLimits

    init(_ definition: HTTPDefinition, limits: DashboardLimits) {
        let own = definition.host.lowercased()
        names = Set(definition.names)
        hosts = names.union([
            "localhost", "127.0.0.1", "[::1]", own, own.contains(":") ? "[\(own)]" : own,
        ])
        self.limits = limits
    }

    /// - Throws: `Problem` for what is refused.
    func check(
        _ method: HTTPRequest.Method,
        authority: String?,
        _ headers: HTTPFields,
        _ endpoint: Endpoint?
    ) throws(Problem) {
        // A page elsewhere whose name was made to lead here still calls that name.
        guard let authority, hosts.contains(Self.host(of: authority)) else {
            throw Problem(
                .misdirectedRequest,
                "this server is called by another name: use localhost or the address it listens on"
            )
        }
        let methods = endpoint?.methods ?? [.get]
        let allowed = methods + (methods.contains(.get) ? [.head] : [])
        guard allowed.contains(method) else {
            let names = allowed.map(\.rawValue).sorted { $0.precedes($1) }
            throw Problem(
                .methodNotAllowed,
                names.contains("POST")
                    ? "this address understands \(names.joined(separator: ", "))"
                    : "here one can only look: GET and HEAD",
                fields: [(.allow, names.joined(separator: ", "))]
            )
        }
        guard method == .get || method == .head else {
            return try checkWrite(authority, headers, endpoint)
        }
        if let length = headers[.contentLength], length != "0" {
            throw Problem(.contentTooLarge, "a request to look has no body")
        }
        if headers[.transferEncoding] != nil {
            throw Problem(.contentTooLarge, "a request to look has no body")
        }
        guard endpoint != .badge else { return }
        if let origin = headers[.origin], !isOwn(origin) {
            throw Problem(.forbidden, "a page of another origin asks")
        }
        if headers[.secFetchSite] == "cross-site", headers[.secFetchMode] != "navigate" {
            throw Problem(.forbidden, "a page of another site asks")
        }
    }

    /// What would change something: from a page of ours, or from a program that says where it comes
    /// from in no way.
    private func checkWrite(
        _ authority: String,
        _ headers: HTTPFields,
        _ endpoint: Endpoint?
    ) throws(Problem) {
        if let text = headers[.contentLength] {
            guard let length = Int(text), length <= limits.bodyBytes else {
                throw Problem(
                    .contentTooLarge,
                    "the body has more than \(limits.bodyBytes) bytes"
                )
            }
        }
        guard headers[.secFetchSite] != "cross-site", headers[.secFetchSite] != "same-site" else {
            throw Problem(.forbidden, "a page of another site asks")
        }
        guard let origin = headers[.origin] else {
            if let endpoint, Endpoint.isForPrograms(endpoint) { return }
            throw Problem(.forbidden, "the request does not say from which origin it comes")
        }
        let parts = origin.split(separator: "://", maxSplits: 1).map(String.init)
        guard parts.count == 2, parts[0] == "http" || parts[0] == "https",
            parts[1].lowercased() == authority.lowercased()
                || names.contains(Self.host(of: parts[1]))
        else { throw Problem(.forbidden, "a page of another origin asks") }
    }

    /// Whether it is called by one of its further names.
    func isOwnName(_ authority: String) -> Bool { names.contains(Self.host(of: authority)) }

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
