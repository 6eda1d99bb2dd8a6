import ConductorCore
import ConductorPorts

/// Address and headers of a request, as settings give them.
///
///     url: "https://host.example/api/${version}?limit=1"
///     bearer: env:TOKEN
///     headers: {Accept: application/json, X-Key: {secret: file:key.txt, prefix: "Key "}}
///
/// Scheme, host and port are fixed text, so that a value can never send a credential elsewhere.
/// Values in path and query are percent-encoded. `bearer` is short for the header `Authorization`
/// with the prefix `Bearer `.
struct HTTPSettings: Sendable {
    private enum Value: Sendable {
        case text(Template)
        case secret(SecretReference, prefix: String)
    }

    private let head: String
    private let tail: Template
    private let headers: [(name: String, value: Value)]

    init?(settings: SettingsReader, scope: TemplateScope) {
        var headers: [(name: String, value: Value)] = []
        if let bearer = settings.secret("bearer") {
            headers.append(("Authorization", .secret(bearer, prefix: "Bearer ")))
        }
        if let reader = settings.mapping("headers") {
            for name in reader.keys {
                guard let value = Self.header(name, reader, scope) else { continue }
                if name.lowercased() == "authorization", settings.has("bearer") {
                    reader.fault(.badValue, name, "stands beside 'bearer'; one of them is enough")
                }
                headers.append((name, value))
            }
            reader.close()
        }
        self.headers = headers
        guard let text = settings.string("url") else {
            if !settings.has("url") { settings.missing("url", "the address to ask") }
            return nil
        }
        let authorityStart = text.firstRange(of: "://")?.upperBound ?? text.startIndex
        let end =
            text[authorityStart...].firstIndex { $0 == "/" || $0 == "?" || $0 == "#" }
            ?? text.endIndex
        let head = String(text[..<end])
        guard !head.contains("@") else {
            settings.fault(
                .badSecret,
                "url",
                "a secret never stands in an address; use 'bearer' or 'headers'"
            )
            return nil
        }
        guard !head.contains("${") else {
            settings.fault(.badValue, "url", "scheme, host and port are fixed; values come later")
            return nil
        }
        guard WebAddress(head) != nil else {
            settings.fault(
                .badValue,
                "url",
                "should begin with https://HOST or http://HOST and hold no blanks"
            )
            return nil
        }
        if let name = Self.secretParameter(in: text[end...]) {
            settings.fault(
                .badSecret,
                "url",
                "'\(name)' looks like a secret; send it as a header with 'bearer' or 'headers'"
            )
        }
        guard let tail = settings.template(String(text[end...]), at: "url", [], scope) else {
            return nil
        }
        let literal = tail.pieces.map { piece in
            switch piece {
            case .literal(let text): text
            case .variable: "x"
            }
        }
        guard WebAddress(head + literal.joined()) != nil else {
            settings.fault(.badValue, "url", "holds a character that an address may not hold")
            return nil
        }
        self.head = head
        self.tail = tail
    }

    /// Scheme, host and port as they are written.
    var origin: String { head }

    /// The whole address as settings write it.
    var address: String { head + tail.text }

    var secrets: [SecretReference] {
        headers.compactMap { header in
            switch header.value {
            case .text: nil
            case .secret(let reference, _): reference
            }
        }
    }

    /// Address and headers as they are now, and what hides the secrets among them.
    func resolve(_ variables: Variables) throws(ResolvingProblem) -> Resolved {
        var lines: [(name: String, value: String)] = [("User-Agent", "conductord")]
        var secrets: [Secret] = []
        for header in headers {
            switch header.value {
            case .text(let template):
                do {
                    lines.append((header.name, try variables.header(template)))
                } catch {
                    throw ResolvingProblem(error)
                }
            case .secret(let reference, let prefix):
                let secret: Secret
                do {
                    secret = try reference.resolve()
                } catch {
                    throw ResolvingProblem(message: error.message)
                }
                let value = prefix + secret.revealed()
                guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                    throw ResolvingProblem(
                        message: "the secret \(reference) holds a control character"
                    )
                }
                secrets.append(secret)
                lines.append((header.name, value))
            }
        }
        do {
            guard let address = WebAddress(head + (try variables.addressTail(tail))) else {
                throw ResolvingProblem(message: "'\(head)\(tail.text)' gives no address")
            }
            return Resolved(address: address, headers: lines, redactor: Redactor(secrets))
        } catch let problem as TemplateProblem {
            throw ResolvingProblem(problem)
        } catch {
            throw ResolvingProblem(message: "'\(head)\(tail.text)' gives no address")
        }
    }

    struct Resolved: Sendable {
        var address: WebAddress
        var headers: [(name: String, value: String)]
        var redactor: Redactor

        /// Adds a header unless the settings give it.
        mutating func addHeader(_ name: String, _ value: String) {
            guard !headers.contains(where: { $0.name.lowercased() == name.lowercased() }) else {
                return
            }
            headers.append((name, value))
        }
    }

    private static func header(
        _ name: String,
        _ reader: SettingsReader,
        _ scope: TemplateScope
    ) -> Value? {
        let value = reader.value(name)
        let isToken =
            !name.isEmpty
            && name.utf8.allSatisfy {
                $0 > 0x20 && $0 < 0x7F && !"\"(),/:;<=>?@[\\]{}".utf8.contains($0)
            }
        if !isToken { reader.fault(.badValue, name, "'\(name)' is no name of a header") }
        if ours.contains(name.lowercased()) {
            reader.fault(.badValue, name, "'\(name)' is set by the conductor itself")
        }
        if case .object = value, let settings = reader.mapping(name) {
            defer { settings.close() }
            let prefix = settings.string("prefix") ?? ""
            guard let reference = settings.secret("secret") else {
                if !settings.has("secret") {
                    settings.missing("secret", "env:NAME or file:PATH")
                }
                return nil
            }
            return .secret(reference, prefix: prefix)
        }
        guard let text = reader.string(name) else {
            if value == nil { reader.fault(.badValue, name, "should be a text") }
            return nil
        }
        if looksSecret(name) {
            reader.fault(
                .badSecret,
                name,
                "a secret never stands in a file of settings; write "
                    + "{secret: env:NAME} or {secret: file:PATH}, with 'prefix' where one is needed"
            )
            return nil
        }
        return reader.template(text, at: name, [], scope).map { .text($0) }
    }

    private static let ours: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "if-none-match",
        "idempotency-key", "cache-control",
    ]

    private static func looksSecret(_ name: String) -> Bool {
        let name = name.lowercased().filter { $0 != "-" && $0 != "_" }
        return ["authorization", "cookie", "token", "secret", "apikey", "password", "credential"]
            .contains { name.contains($0) }
    }

    /// A query parameter with a literal value whose name says that it is a secret.
    private static func secretParameter(in tail: Substring) -> String? {
        guard let question = tail.firstIndex(of: "?") else { return nil }
        for pair in tail[tail.index(after: question)...].split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            if parts.count == 2, !parts[1].hasPrefix("${"), looksSecret(String(parts[0])) {
                return String(parts[0])
            }
        }
        return nil
    }
}
