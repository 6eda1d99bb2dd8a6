import ConductorCore
import ConductorPorts
import NIOHTTP1

/// What is taken out of an answer before it is recorded.
///
/// That is: the credential's own secrets in every form that they may have, values whose name says that
/// they are secrets or addresses of people, what looks like a token, and all headers but those that are
/// known to be harmless.
extension Recording {
    private static let harmless: Set<String> = [
        "age", "cache-control", "content-length", "content-type", "date", "deprecation", "etag",
        "last-modified", "link", "retry-after", "server", "sunset", "x-accepted-oauth-scopes",
        "x-github-api-version-selected", "x-oauth-scopes", "x-rate-limit", "x-ratelimit-limit",
        "x-ratelimit-remaining", "x-ratelimit-reset", "x-sentry-rate-limit-limit",
        "x-sentry-rate-limit-remaining", "x-sentry-rate-limit-reset",
    ]

    private static let secretNames = [
        "apikey", "authorization", "cookie", "credential", "email", "password", "passwd",
        "privatekey", "secret", "signature", "token",
    ]

    /// How tokens of the vendors that we know begin.
    private static let tokenBeginnings = [
        "-----BEGIN", "AIza", "ATATT", "eyJ", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_",
        "hooks.slack.com/services/", "sntrys_", "sntryu_", "xapp-", "xoxa-", "xoxb-", "xoxe",
        "xoxp-", "xoxr-", "ya29.",
    ]

    init(
        backend: String,
        _ request: HTTPTransport.Request,
        _ answer: HTTPTransport.Answer,
        _ redactor: Redactor
    ) {
        var headers: [String: String] = [:]
        for (name, value) in answer.headers where Self.harmless.contains(name.lowercased()) {
            let value = Self.withoutTokens(redactor.redact(value))
            let name = name.lowercased()
            headers[name] = headers[name].map { "\($0), \(value)" } ?? value
        }
        let body: JSON
        if let json = try? JSON(parsing: answer.body) {
            body = Self.withoutSecrets(redactor.redact(json))
        } else {
            let text = String(decoding: answer.body.prefix(AdapterLimits.errorBytes), as: UTF8.self)
            body = .string(Self.withoutTokens(redactor.redact(text)))
        }
        self.init(
            backend: backend,
            method: request.method.rawValue,
            address: Self.withoutTokens(redactor.redact(request.address.description)),
            status: answer.status,
            headers: headers,
            body: body
        )
    }

    static func withoutSecrets(_ value: JSON) -> JSON {
        switch value {
        case .null, .bool, .int, .double: return value
        case .string(let text): return .string(withoutTokens(text))
        case .array(let elements): return .array(elements.map(withoutSecrets))
        case .object(let members):
            var cleaned: [String: JSON] = [:]
            for (name, member) in members {
                let plain = name.lowercased().filter { $0 != "-" && $0 != "_" }
                let isSecret = secretNames.contains { plain.contains($0) }
                cleaned[withoutTokens(name)] =
                    switch member {
                    case .string, .int, .double: isSecret ? "***" : withoutSecrets(member)
                    case .null, .bool, .array, .object: withoutSecrets(member)
                    }
            }
            return .object(cleaned)
        }
    }

    /// A text in which everything that begins like a token ends there, up to the next blank; of the
    /// addresses in it, what stands behind a question mark goes, too, if it could be signed.
    static func withoutTokens(_ text: String) -> String {
        var text = text
        for beginning in tokenBeginnings where text.contains(beginning) {
            var parts = text.components(by: beginning)
            let first = parts.removeFirst()
            let ends = parts.map { part -> Substring in
                // A key in PEM goes on over its lines.
                beginning.hasPrefix("-") ? "" : part.drop { !$0.isWhitespace && $0 != "\"" }
            }
            text = first + ends.map { "***" + $0 }.joined()
        }
        guard text.contains("://"), let question = text.firstIndex(of: "?") else { return text }
        let query = text[question...].lowercased()
        let isSigned = ["token=", "signature=", "sig=", "key=", "secret=", "password="]
            .contains { query.contains($0) }
        return isSigned ? text[..<question] + "?***" : text
    }
}

extension String {
    /// The parts between the places at which `separator` stands.
    fileprivate func components(by separator: String) -> [Substring] {
        var parts: [Substring] = []
        var rest = self[...]
        while let place = rest.firstRange(of: separator) {
            parts.append(rest[..<place.lowerBound])
            rest = rest[place.upperBound...]
        }
        return parts + [rest]
    }
}
