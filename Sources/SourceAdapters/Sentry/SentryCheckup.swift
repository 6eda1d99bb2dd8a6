import ConductorCore
import ConductorPorts

extension Sentry {
    /// What a source or an action may have to do at Sentry.
    enum Right: Sendable {
        case read
        case markDeploys
    }

    /// Reads a release and a session count, as the sources do.
    func checkup(_ right: Right) -> Checkup {
        Checkup("Sentry", api) { looks, _ in
            let releases = try await looks.get("\(root)/releases/", query: [("per_page", "1")])
            switch right {
            case .read:
                let projects = try await looks.get("\(root)/projects/", query: [("per_page", "1")])
                return Self.readFindings(releases: releases, projects: projects)
            case .markDeploys: return Self.deployFindings(releases: releases)
            }
        }
    }

    static func readFindings(releases: Look, projects: Look) -> [Finding] {
        [
            releases.finding(
                "may read releases",
                isList: true,
                remedy: "give the token the scope project:releases"
            ),
            projects.finding(
                "may read projects and their health",
                isList: true,
                remedy: "give the token the scope org:read"
            ),
        ]
    }

    static func deployFindings(releases: Look) -> [Finding] {
        let sees = releases.finding(
            "may read releases",
            isList: true,
            remedy: "give the token the scope project:releases"
        )
        guard releases.isFine else { return [sees] }
        return [
            sees,
            Finding(
                "may mark deploys",
                .untold,
                evidence: "Sentry does not say the scopes of a token to itself",
                remedy:
                    "see that the token has the scope project:releases, or is an organization's token"
            ),
        ]
    }
}
