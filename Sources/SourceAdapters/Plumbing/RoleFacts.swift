import ConductorCore

/// The facts that all adapters of a role have in common, so that rules name no vendor.
///
/// What only one vendor can say stands under its name: `github.open_prs`.
enum RoleFacts {
    /// The role `vcs`: a release branch.
    ///
    /// `tag` and `counts` say whether settings ask for those.
    static func vcs(tag: Bool, counts: Bool) -> [FactSchema.Entry] {
        var entries: [FactSchema.Entry] = [
            .init(name: "head", type: .string, unit: "commit"),
            .init(name: "head_time", type: .timestamp),
            .init(name: "branch.exists", type: .bool),
            .init(name: "branch.name", type: .string),
            .init(name: "base.head", type: .string, unit: "commit"),
            .init(name: "merged_into_base", type: .bool),
            .init(name: "ahead", type: .int, unit: "commits"),
        ]
        if tag {
            entries.append(.init(name: "tag.exists", type: .bool))
            entries.append(.init(name: "tag.commit", type: .string, unit: "commit"))
        }
        if counts { entries.append(.init(name: "commits_since_tag", type: .int, unit: "commits")) }
        return entries
    }

    /// The role `tracker`: issues of one kind, such as `blockers`.
    ///
    /// `NAME.COUNT` is how many there are; `NAME.oldest` is unknown where there is none.
    static func tracker(_ name: String, count: String, unit: String) -> [FactSchema.Entry] {
        let issue: FactType = .record([
            .init(name: "created", type: .timestamp), .init(name: "key", type: .string),
            .init(name: "owner", type: .string), .init(name: "priority", type: .string),
            .init(name: "url", type: .string),
        ])
        return [
            .init(name: "\(name).\(count)", type: .int, unit: unit),
            .init(name: "\(name).keys", type: .list(.string), emptyIsKnown: true),
            .init(name: "\(name).issues", type: .list(issue), emptyIsKnown: true),
            .init(name: "\(name).owners", type: .list(.string), emptyIsKnown: true),
            .init(name: "\(name).unowned", type: .int, unit: unit),
            .init(name: "\(name).oldest", type: .timestamp),
            .init(name: "\(name).url", type: .string),
        ]
    }

    /// The role `signoff`, as people answer it: `teams`, a list of `{team, state, opted_out, by}` with
    /// the states `missing`, `approved` and `rejected`; and a tracker's own `missing` and `url`.
    static var signoff: [FactSchema.Entry] {
        People(teams: ["any"]).schema.entries + [
            .init(name: "missing", type: .list(.string), emptyIsKnown: true),
            .init(name: "url", type: .string),
        ]
    }

    /// The role `ci`: the required checks of the release branch's newest commit.
    ///
    /// `tests.state` is `passed`, `failed`, `running` or `missing` (a required check has not begun).
    static let ci: [FactSchema.Entry] = [
        .init(name: "tests.state", type: .string, subject: .head),
        .init(name: "tests.failed", type: .list(.string), subject: .head, emptyIsKnown: true),
        .init(name: "tests.open", type: .list(.string), subject: .head, emptyIsKnown: true),
    ]

    /// The role `store`: how a version stands in a store.
    ///
    /// `review` is `none`, `in_review`, `approved` or `rejected`, and about the candidate's commit where the
    /// store can tell it. `rollout` is `none`, `running`, `paused` or `completed`; `rollout_fraction` is the
    /// true share of users, 0 to 1; `live_at` is when the first user could get it; `pause_days_left` how long
    /// it may still pause, where the store counts that.
    static let store: [FactSchema.Entry] = [
        .init(name: "review", type: .string, subject: .candidate),
        .init(name: "rollout", type: .string, subject: .version),
        .init(name: "rollout_fraction", type: .double, unit: "fraction", subject: .version),
        .init(name: "live_at", type: .timestamp, subject: .version),
        .init(name: "pause_days_left", type: .int, unit: "days", subject: .version),
    ]

    /// The role `quality`: how a version fares with its users, with the size of the sample.
    ///
    /// No backend says all of it; each takes those that it knows.
    static let quality: [FactSchema.Entry] = [
        .init(name: "crash_free_users", type: .double, unit: "fraction", subject: .version),
        .init(name: "crash_free_sessions", type: .double, unit: "fraction", subject: .version),
        .init(name: "anr_rate", type: .double, unit: "fraction", subject: .version),
        .init(name: "sessions", type: .int, unit: "sessions", subject: .version),
    ]
}

extension FactSchema {
    /// A schema in order of the facts' names.
    static func sorted(_ entries: [Entry]) -> FactSchema {
        FactSchema(entries.sorted { $0.name.precedes($1.name) })
    }
}
