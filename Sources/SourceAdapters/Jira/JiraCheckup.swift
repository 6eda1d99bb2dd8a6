import ConductorCore
import ConductorPorts

/// What a source or an action may have to do at Jira, by Jira's own names.
enum JiraRight: String, Sendable, Hashable, CaseIterable {
    case browse = "BROWSE_PROJECTS"
    case comment = "ADD_COMMENTS"
    case transition = "TRANSITION_ISSUES"
    case assign = "ASSIGN_ISSUES"
    case create = "CREATE_ISSUES"

    var words: String {
        switch self {
        case .browse: "may see issues"
        case .comment: "may comment on issues"
        case .transition: "may move issues"
        case .assign: "may assign issues"
        case .create: "may create issues"
        }
    }
}

extension Jira {
    /// Asks who the account is and what it may; `project` narrows that to one project.
    ///
    /// To whom nobody is known, the site answers as to anybody: so the account is asked for first.
    func checkup(_ right: JiraRight, in project: Template? = nil) -> Checkup {
        Checkup("Jira", api) { looks, variables in
            let account = try await looks.get("rest/api/3/myself")
            guard account.isFine else {
                throw APIProblem(
                    account.status == 404 ? .notFound : .unauthorised,
                    account.words
                )
            }
            let key = try project.map { try variables.text($0) }
            var query = [("permissions", JiraRight.allCases.map(\.rawValue).joined(separator: ","))]
            if let key { query.append(("projectKey", key)) }
            let look = try await looks.get("rest/api/3/mypermissions", query: query)
            return [Self.finding(right, look, project: key)]
        }
    }

    /// What the answer to `mypermissions` says of a right.
    ///
    /// Without a project *yes* means: in one project at least.
    static func finding(_ right: JiraRight, _ look: Look, project: String?) -> Finding {
        let what = right.words + (project.map { " in \($0)" } ?? "")
        let remedy =
            "give the account the permission \(right.rawValue)"
            + (project.map { " in the project \($0)" } ?? " in the projects of the releases")
        guard look.isFine else { return look.finding(what, remedy: remedy) }
        switch look.json?["permissions"]?[right.rawValue]?["havePermission"]?.boolValue {
        case true?:
            return Finding(what, .yes, evidence: project == nil ? "in one project at least" : nil)
        case false?: return Finding(what, .no, remedy: remedy)
        case nil: return Finding(what, .untold, evidence: "Jira does not say", remedy: remedy)
        }
    }
}
