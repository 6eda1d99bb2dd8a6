import ConductorCore
import ConductorPorts

extension Play {
    /// Reads a track's releases, which opens no edit.
    ///
    /// What the account may change, an edit alone would tell: to open one throws away those of others.
    func publisherCheckup(track: Template, mayChange what: String? = nil) -> Checkup {
        Checkup("Google Play", api) { looks, variables in
            let package = try package(variables)
            let track = try variables.text(track)
            let look = try await looks.get(
                "androidpublisher/v3/applications/\(package)/tracks/\(track)/releases"
            )
            return Self.findings(package, track: look, mayChange: what)
        }
    }

    /// What the answer to a track's releases says.
    static func findings(_ package: String, track: Look, mayChange what: String?) -> [Finding] {
        let problem = APIProblem(.unauthorised, track.words)
        let sees = track.finding("may see \(package)", remedy: PlayRefusal.remedy(problem))
        guard track.isFine, let what else { return [sees] }
        return [
            sees,
            Finding(
                "may \(what) of \(package)",
                .untold,
                evidence: "only an edit would tell, and that throws the open edits of others away",
                remedy:
                    "see in the Play Console, Users and permissions, that the account may release"
                    + " this app"
            ),
        ]
    }

    /// Asks how fresh the metrics are.
    var reportingCheckup: Checkup {
        Checkup("Play Developer Reporting", api) { looks, variables in
            let package = try package(variables)
            let remedy =
                "let the account see the app's information in the Play Console, and switch the Play"
                + " Developer Reporting API on in its project"
            return [
                try await looks.get("v1beta1/apps/\(package)/crashRateMetricSet")
                    .finding("may read the crash rate of \(package)", remedy: remedy),
                try await looks.get("v1beta1/apps/\(package)/anrRateMetricSet")
                    .finding("may read the ANR rate of \(package)", remedy: remedy),
            ]
        }
    }
}
