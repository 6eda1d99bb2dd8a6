package import ConductorCore

/// One thing that a doctor looked for, and what came of it.
package struct Finding: Sendable, Hashable {
    package enum Verdict: String, Sendable, Hashable, CaseIterable {
        case yes
        case no
        /// No read says it, and a doctor does not act.
        case untold
    }

    /// What it is about: `may read acme/music`.
    package var what: String
    package var verdict: Verdict
    /// What was seen.
    package var evidence: String?
    /// What a person does about it.
    package var remedy: String?

    package init(
        _ what: String,
        _ verdict: Verdict,
        evidence: String? = nil,
        remedy: String? = nil
    ) {
        self.what = what
        self.verdict = verdict
        self.evidence = evidence
        self.remedy = remedy
    }
}

/// How one credential at one backend is, and what it is asked for.
package struct Diagnosis: Sendable, Hashable {
    /// `GitHub`.
    package var backend: String
    /// The credential, by where it stands and never by what it is; nil where none is needed.
    package var credential: String?
    /// The server, the repository, the program.
    package var address: String
    /// The sources and actions that rest on it, in order.
    package var users: [String]
    package var findings: [Finding]
    /// How far the backend's clock is ahead of ours; nil where it does not say its time.
    package var clockAhead: Span?
    /// What is left of how many requests; nil where the backend does not say.
    package var budget: Budget?

    package struct Budget: Sendable, Hashable {
        package var remaining: Int
        package var limit: Int

        package init(remaining: Int, limit: Int) {
            self.remaining = remaining
            self.limit = limit
        }
    }

    package init(
        backend: String,
        credential: String?,
        address: String,
        users: [String],
        findings: [Finding] = []
    ) {
        self.backend = backend
        self.credential = credential
        self.address = address
        self.users = users
        self.findings = findings
    }

    package func count(_ verdict: Finding.Verdict) -> Int {
        findings.count { $0.verdict == verdict }
    }

    /// Nothing is wrong as far as it can be told.
    package var isWell: Bool { count(.no) == 0 }
}

/// The findings that every credential has, in the words that everything else knows them by.
extension Finding {
    package static let credentialIsThere = "the credential is there"
    package static let reachable = "reachable"
    package static let authorised = "authorised"
    package static let clock = "its clock and ours agree"
    package static let budget = "requests are left"
}

/// An answer that a backend gave a doctor, without a secret in it.
package struct Recording: Sendable, Hashable {
    package var backend: String
    package var method: String
    package var address: String
    package var status: Int
    package var headers: [String: String]
    /// The body: JSON as it is, anything else as a text.
    package var body: JSON

    package init(
        backend: String,
        method: String,
        address: String,
        status: Int,
        headers: [String: String],
        body: JSON
    ) {
        self.backend = backend
        self.method = method
        self.address = address
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// As it is saved.
    package var json: JSON {
        [
            "backend": .string(backend),
            "request": ["method": .string(method), "address": .string(address)],
            "status": .int(Int64(status)), "headers": .object(headers.mapValues { .string($0) }),
            "body": body,
        ]
    }
}
