import ConductorCore

/// A review submission that is not over.
struct AppStoreSubmission: Sendable {
    var id: String
    var stateWord: String
    /// The version that it is about.
    var version: AppStoreResource.Link
    /// The states of what it holds; nil where the answer does not tell.
    var items: [String]?

    var state: AppStoreSubmissionState? { AppStoreSubmissionState(rawValue: stateWord) }
}

/// One thing that a submission holds.
struct AppStoreSubmissionItem: Sendable {
    var id: String
    var stateWord: String
    /// The version, where it is one.
    var version: String?
    /// What kinds of things it is, in the vendor's words.
    var kinds: [String]

    var state: AppStoreItemState? { AppStoreItemState(rawValue: stateWord) }
}

extension AppStorePlace {
    /// The submissions of the app's platform that are not over.
    func submissions() async throws -> [AppStoreSubmission] {
        let states = AppStoreSubmissionState.allCases.filter { $0 != .complete }.map(\.rawValue)
        let answer = try await session.get(
            "v1/reviewSubmissions",
            query: [
                ("filter[app]", app), ("filter[platform]", platform.word),
                ("filter[state]", states.joined(separator: ",")),
                ("include", "items,appStoreVersionForReview"), ("limit[items]", "50"),
                ("limit", "200"),
            ]
        )
        return try AppStoreResource.all(answer, type: "reviewSubmissions").map { submission in
            let items = try submission.links("items", type: "reviewSubmissionItems")
            return AppStoreSubmission(
                id: submission.id,
                stateWord: try submission.text("state"),
                version: try submission.link("appStoreVersionForReview", type: "appStoreVersions"),
                items: try items?.map { id in
                    try AppStoreResource.included(answer, type: "reviewSubmissionItems", id: id)
                        .text("state")
                }
            )
        }
    }

    /// What a submission holds, without what was taken out of it.
    func items(of submission: String) async throws -> [AppStoreSubmissionItem] {
        let answer = try await session.get(
            "v1/reviewSubmissions/\(submission)/items",
            query: [("include", "appStoreVersion"), ("limit", "200")]
        )
        return try AppStoreResource.all(answer, type: "reviewSubmissionItems").map { item in
            let version: String? =
                switch try item.link("appStoreVersion", type: "appStoreVersions") {
                case .one(let id): id
                case .none, .untold: nil
                }
            return AppStoreSubmissionItem(
                id: item.id,
                stateWord: try item.text("state"),
                version: version,
                kinds: item.namedLinks
            )
        }.filter { $0.state != .removed }
    }
}
