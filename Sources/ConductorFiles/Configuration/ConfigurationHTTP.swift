internal import ConductorCore

// Where the page and the API are served.

extension ConfigurationReader {
    func http(_ node: YAMLNode) -> HTTPDefinition? {
        guard var section = reader.section(node, of: "'http'") else { return nil }
        let listen = section.require("listen")
        section.finish()
        guard let listen, let text = reader.text(listen, of: "'listen'") else { return nil }
        guard let colon = text.lastIndex(of: ":"),
            let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else {
            reader.report(
                .badSetting,
                at: listen.place,
                "'listen' is HOST:PORT, with a port from 0 (any that is free) to 65535,"
                    + " not '\(text)'",
                suggestion: "127.0.0.1:8787"
            )
            return nil
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard Self.isOwn(host) else {
            reader.report(
                .badSetting,
                at: listen.place,
                "'\(host)' can be reached by other machines, and nothing asks who looks: listen on"
                    + " 127.0.0.1, [::1] or localhost",
                suggestion: "127.0.0.1:\(port)"
            )
            return nil
        }
        return HTTPDefinition(host: host, port: port)
    }

    /// Whether only this machine can reach the address.
    private static func isOwn(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
