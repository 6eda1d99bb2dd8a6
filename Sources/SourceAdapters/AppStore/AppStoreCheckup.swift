import ConductorCore
import ConductorPorts

extension AppStore {
    /// Looks for the app, and at it.
    ///
    /// No read tells what a key's role lets it change.
    func checkup(mayChange what: String? = nil) -> Checkup {
        Checkup("App Store Connect", api) { looks, variables in
            let bundle = try bundle(variables)
            let apps = try await looks.get(
                "v1/apps",
                query: [
                    ("filter[bundleId]", bundle), ("fields[apps]", "bundleId"), ("limit", "200"),
                ]
            )
            let own = apps.json?["data"]?.arrayValue?
                .first { $0["attributes"]?["bundleId"]?.stringValue == bundle }
            guard let id = own?["id"]?.stringValue else {
                return [Self.unseen(bundle, apps)]
            }
            return Self.findings(bundle, app: try await looks.get("v1/apps/\(id)"), mayChange: what)
        }
    }

    private static func unseen(_ bundle: String, _ apps: Look) -> Finding {
        Finding(
            "may see \(bundle)",
            .no,
            evidence: apps.isFine ? "the key sees no app of this bundle id" : apps.words,
            remedy: "correct the bundle id, or give the key access to the app"
        )
    }

    /// What the answer to `GET /v1/apps/{id}` says.
    static func findings(_ bundle: String, app: Look, mayChange what: String?) -> [Finding] {
        let sees = app.finding(
            "may see \(bundle)",
            remedy:
                "give the key's role access to the app; what it says may name an agreement to accept"
        )
        guard app.isFine, let what else { return [sees] }
        return [
            sees,
            Finding(
                "may \(what) of \(bundle)",
                .untold,
                evidence: "no read tells the role of a key",
                remedy:
                    "see in App Store Connect, Users and Access, that the key's role is App Manager"
            ),
        ]
    }
}
