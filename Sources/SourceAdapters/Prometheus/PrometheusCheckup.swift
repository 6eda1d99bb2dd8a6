import ConductorCore
import ConductorPorts

extension Prometheus {
    /// Asks for the value of a number, and for the version, which what stands in its place may not know.
    var checkup: Checkup {
        Checkup("Prometheus", api) { looks, _ in
            let query = try await looks.get("api/v1/query", query: [("query", "1")])
            let build = try await looks.get("api/v1/status/buildinfo")
            return Self.findings(query: query, build: build)
        }
    }

    static func findings(query: Look, build: Look) -> [Finding] {
        let what = "may ask queries"
        guard query.isFine, query.json?["status"]?.stringValue == "success" else {
            return [
                Finding(
                    what,
                    .no,
                    evidence: query.words,
                    remedy:
                        "see that the address is what stands before /api/v1, and who may ask there"
                )
            ]
        }
        let version = build.json?["data"]?["version"]?.stringValue
        return [Finding(what, .yes, evidence: version.map { "version \($0)" })]
    }
}
