internal import ConductorCore

// Where the page and the API are served, and to whom.

extension ConfigurationReader {
    func http(_ node: YAMLNode) -> HTTPDefinition? {
        guard var section = reader.section(node, of: "'http'") else { return nil }
        let listen = section.require("listen")
        var isSound = true
        var names: [String] = []
        if let node = section.take("names") {
            names = hostNames(node) ?? []
            isSound = !names.isEmpty
        }
        var tls: TLSFiles?
        let tlsNode = section.take("tls")
        if let tlsNode {
            tls = tlsFiles(tlsNode)
            isSound = isSound && tls != nil
        }
        var access: AccessDefinition?
        let accessNode = section.take("access")
        if let accessNode {
            access = accessDefinition(accessNode)
            isSound = isSound && access != nil
        }
        section.finish()
        guard let listen, let (host, port) = address(listen) else { return nil }
        guard
            HTTPDefinition.isLocal(host) || !isSound
                || isShut(
                    host: host,
                    port: port,
                    names: names,
                    isAsked: accessNode != nil,
                    isSealed: tlsNode != nil || access?.proxy != nil,
                    at: listen.place
                )
        else { return nil }
        guard isSound else { return nil }
        return HTTPDefinition(host: host, port: port, names: names, tls: tls, access: access)
    }

    private func address(_ node: YAMLNode) -> (host: String, port: Int)? {
        guard let text = reader.text(node, of: "'listen'") else { return nil }
        guard let colon = text.lastIndex(of: ":"),
            let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port), colon != text.startIndex
        else {
            reader.report(
                .badSetting,
                at: node.place,
                "'listen' is HOST:PORT, with a port from 0 (any that is free) to 65535,"
                    + " not '\(text)'",
                suggestion: "127.0.0.1:8787"
            )
            return nil
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        return (host, port)
    }

    /// Whether an address that other machines reach asks who comes, and lets nobody listen in.
    private func isShut(
        host: String,
        port: Int,
        names: [String],
        isAsked: Bool,
        isSealed: Bool,
        at place: Place
    ) -> Bool {
        let problem: String? =
            if !isAsked {
                "and nothing asks who looks: listen on 127.0.0.1, [::1] or localhost, or say who may"
                    + " look and act with 'access'"
            } else if !isSealed {
                "and tokens would pass for all to read: name a certificate with 'tls', or the proxy"
                    + " that has one with 'access: {proxy: ...}'"
            } else if ["0.0.0.0", "::"].contains(host), names.isEmpty {
                "and by no name: say with 'names' how it is called"
            } else {
                nil
            }
        guard let problem else { return true }
        reader.report(
            .badSetting,
            at: place,
            "'\(host)' can be reached by other machines, \(problem)",
            suggestion: isAsked ? nil : "127.0.0.1:\(port)"
        )
        return false
    }

    // MARK: Names and certificates

    private func hostNames(_ node: YAMLNode) -> [String]? {
        guard let nodes = reader.list(node, of: "'names'", single: true) else { return nil }
        if nodes.isEmpty {
            reader.report(.emptyList, at: node.place, "'names' has no name")
            return nil
        }
        var names: [String] = []
        for node in nodes {
            guard let text = reader.text(node, of: "a name in 'names'") else { return nil }
            let isName =
                text.utf8.count <= 253
                && text.utf8.allSatisfy { byte in
                    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                        || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
                }
            guard isName, !text.isEmpty else {
                reader.report(
                    .badSetting,
                    at: node.place,
                    "a name in 'names' is that of a host, without scheme and port, not"
                        + " '\(FileReader.shortened(text))'",
                    suggestion: "releases.example"
                )
                return nil
            }
            names.append(text.lowercased())
        }
        return names
    }

    private func tlsFiles(_ node: YAMLNode) -> TLSFiles? {
        guard var section = reader.section(node, of: "'tls'") else { return nil }
        let certificate = section.require("certificate").flatMap {
            reader.text($0, of: "'certificate'")
        }
        let key = section.require("key").flatMap { reader.text($0, of: "'key'") }
        section.finish()
        guard let certificate, let key else { return nil }
        return TLSFiles(certificate: certificate, key: key)
    }

    // MARK: Access

    private func accessDefinition(_ node: YAMLNode) -> AccessDefinition? {
        guard var section = reader.section(node, of: "'access'") else { return nil }
        var definition = AccessDefinition()
        var isSound = true
        if let node = section.take("session") {
            definition.session = reader.span(node, of: "'session'") ?? definition.session
        }
        if let node = section.take("proxy") {
            definition.proxy = proxy(node)
            isSound = definition.proxy != nil
        }
        if let node = section.take("oidc") {
            definition.openID = openID(node)
            isSound = isSound && definition.openID != nil
        }
        let establishing = section.place(of: "oidc") ?? section.place(of: "proxy")
        let people = section.take("people")
        if let people {
            for entry in reader.entries(people, of: "'people'") ?? [] {
                guard let grant = grant(entry.value, of: entry.key) else {
                    isSound = false
                    continue
                }
                definition.people[entry.key] = grant
            }
            if establishing == nil {
                reader.report(
                    .badSetting,
                    at: people.place,
                    "nothing says who comes, so 'people' means nothing: name a 'proxy' or a provider ('oidc')"
                        + " that does"
                )
                isSound = false
            }
        } else if let establishing {
            reader.report(
                .missingKey,
                at: establishing,
                "'access' lacks the key 'people': what may those do who are known?"
            )
            isSound = false
        }
        section.finish()
        return isSound ? definition : nil
    }

    private func openID(_ node: YAMLNode) -> OpenIDDefinition? {
        guard var section = reader.section(node, of: "'oidc'") else { return nil }
        let issuer = section.require("issuer")
        let client = section.require("client").flatMap { reader.text($0, of: "'client'") }
        let secret = section.take("secret")
        let claim = section.take("claim")
        section.finish()
        guard let issuer, let address = reader.text(issuer, of: "'issuer'"), let client else {
            return nil
        }
        guard Self.isSafe(address) else {
            reader.report(
                .badSetting,
                at: issuer.place,
                "'issuer' is the provider's address, beginning with https://, and by that on this"
                    + " machine alone with http://"
            )
            return nil
        }
        var definition = OpenIDDefinition(issuer: address, client: client)
        if let secret {
            guard let text = reader.text(secret, of: "'secret'") else { return nil }
            guard text.hasPrefix("env:") || text.hasPrefix("file:") else {
                reader.report(
                    .secretLiteral,
                    at: secret.place,
                    "a secret does not stand in a file: write env:NAME or file:PATH"
                )
                return nil
            }
            definition.secret = text
        }
        if let claim {
            guard let name = reader.name(claim, of: "'claim'", .identifier) else { return nil }
            definition.claim = name.text
        }
        return definition
    }

    /// Whether nobody can listen in on the way to an address.
    private static func isSafe(_ address: String) -> Bool {
        guard address.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !address.contains("@"),
            !address.contains("?"), !address.contains("#")
        else { return false }
        if address.hasPrefix("https://") { return address.utf8.count > 8 }
        guard address.hasPrefix("http://") else { return false }
        let authority = address.dropFirst(7).prefix { $0 != "/" }
        let host = authority.hasPrefix("[") ? "::1" : String(authority.prefix { $0 != ":" })
        return HTTPDefinition.isLocal(host) && (host != "::1" || authority.hasPrefix("[::1]"))
    }

    private func proxy(_ node: YAMLNode) -> TrustedProxy? {
        guard var section = reader.section(node, of: "'proxy'") else { return nil }
        let address = section.require("address")
        let user = section.take("user")
        section.finish()
        guard let address, let nodes = reader.list(address, of: "'address'", single: true)
        else { return nil }
        var addresses: [String] = []
        for node in nodes {
            guard let text = reader.text(node, of: "an 'address'") else { return nil }
            guard Self.isNumeric(text) else {
                reader.report(
                    .badSetting,
                    at: node.place,
                    "a proxy's 'address' is a number such as 10.0.0.7, not '\(text)': a name could"
                        + " lead elsewhere"
                )
                return nil
            }
            addresses.append(text.lowercased())
        }
        if addresses.isEmpty {
            reader.report(.emptyList, at: address.place, "'address' has no address")
            return nil
        }
        var field = "X-Forwarded-User"
        if let user {
            guard let text = reader.text(user, of: "'user'") else { return nil }
            let isField = text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || byte == UInt8(ascii: "-")
            }
            guard isField, !["authorization", "cookie", "host"].contains(text.lowercased()) else {
                reader.report(
                    .badSetting,
                    at: user.place,
                    "'user' is the name of a header field of the proxy's own, such as"
                        + " X-Forwarded-User, not '\(FileReader.shortened(text))'"
                )
                return nil
            }
            field = text
        }
        return TrustedProxy(addresses: addresses, user: field)
    }

    private static func isNumeric(_ address: String) -> Bool {
        let parts = address.split(separator: ".", omittingEmptySubsequences: false)
        if parts.count == 4, parts.allSatisfy({ UInt8($0) != nil }) { return true }
        return address.contains(":")
            && address.utf8.allSatisfy { byte in
                byte == UInt8(ascii: ":") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
            }
    }

    private func grant(_ node: YAMLNode, of person: String) -> AccessGrant? {
        guard var section = reader.section(node, of: "'\(FileReader.shortened(person))'") else {
            return nil
        }
        let role: AccessRole? = section.require("role").flatMap { reader.choice($0, of: "'role'") }
        var apps: [Word]?
        if let node = section.take("apps") {
            apps = reader.names(node, of: "'apps'", single: true)
            if apps?.isEmpty == true {
                reader.report(
                    .emptyList,
                    at: node.place,
                    "'apps' has no app; without 'apps', the role is for all"
                )
            }
            guard apps?.isEmpty == false else { return nil }
        }
        section.finish()
        guard let role else { return nil }
        return AccessGrant(role: role, apps: apps?.map(\.text).sorted { $0.precedes($1) })
    }
}
