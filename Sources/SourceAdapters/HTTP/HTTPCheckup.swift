import ConductorCore
import ConductorPorts
import NIOHTTP1

extension HTTPSettings {
    private var credential: String? {
        secrets.isEmpty ? nil : secrets.map(\.description).joined(separator: ", ")
    }

    /// Asks what the source asks.
    var readingCheckup: Checkup {
        Checkup("HTTP", credential: credential, address: origin) { looks, variables in
            for reference in secrets { _ = try reference.read() }
            let resolved: Resolved
            do throws(ResolvingProblem) {
                resolved = try resolve(variables)
            } catch {
                try await reach(looks)
                return [
                    Finding(
                        "may read \(address)",
                        .untold,
                        evidence: error.message,
                        remedy: "it depends on a release; see what it says once one is on its way"
                    )
                ]
            }
            let look = try await looks.send(
                HTTPTransport.Request(
                    address: resolved.address,
                    headers: resolved.headers + [("Accept", "application/json")]
                ),
                resolved.redactor,
                wanted: .all(limit: AdapterLimits.responseBytes)
            )
            let path = String(resolved.address.tail.prefix { $0 != "?" })
            return try Self.findings(path, look)
        }
    }

    static func findings(_ path: String, _ look: Look) throws(APIProblem) -> [Finding] {
        if look.status == 401 { throw APIProblem(.unauthorised, look.words) }
        let what = "may read \(path)"
        guard look.isFine else {
            return [look.finding(what, remedy: "see to the address, and what the credential may")]
        }
        guard look.json != nil else {
            return [
                Finding(
                    what,
                    .no,
                    evidence: "what it answers is not JSON",
                    remedy: "ask for an address that answers with JSON"
                )
            ]
        }
        return [Finding(what, .yes)]
    }

    /// Asks for nothing but an answer, without the credential: a webhook's one request acts.
    var writingCheckup: Checkup {
        Checkup("webhook", credential: credential, address: origin) { looks, _ in
            for reference in secrets { _ = try reference.read() }
            try await reach(looks)
            return [
                Finding(
                    "may be called",
                    .untold,
                    evidence: "a webhook's one request acts",
                    remedy: "call it once by hand, with a key of your own"
                )
            ]
        }
    }

    /// Any answer will do; the credential stays here.
    private func reach(_ looks: Looks) async throws {
        guard let address = WebAddress(origin) else { return }
        _ = try await looks.send(
            HTTPTransport.Request(
                method: .HEAD,
                address: address,
                headers: [("User-Agent", "conductord")]
            ),
            .nothing,
            wanted: .status
        )
    }
}
