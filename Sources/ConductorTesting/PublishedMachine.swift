package import ConductorCore

/// The published process as a value: seven stages, `upcoming` before them, and their side roads.
///
/// Thresholds are ours.
package enum PublishedMachine {
    /// The level of scope that each source is asked at; people are not asked.
    package static let scopes: [String: Scope.Level] = [
        "ci": .track, "itgc": .release, "quality": .track, "store": .track, "tracker": .track,
        "vcs": .release,
    ]

    /// The machines that scripts may name.
    package static func named(_ name: String) -> Machine? {
        var machine = published
        switch name {
        case "published": break
        case "published-resuming":
            machine.name = name
            machine.transitions.insert(
                Transition(
                    name: "resume by rule",
                    from: "rollout_paused",
                    to: .previous,
                    when: ["crash_rate_calm"],
                    actions: [ActionUse("store.resume_rollout")],
                    resumeLimit: 1
                ),
                at: 0
            )
        case "published-webhook":
            machine.name = name
            for place in machine.actions.indices
            where machine.actions[place].name == "store.start_rollout" {
                machine.actions[place].actionClass = .atLeastOnce
            }
        case "published-once":
            machine.name = name
            for place in machine.actions.indices
            where machine.actions[place].name == "store.start_rollout" {
                machine.actions[place].actionClass = .atMostOnce
            }
        case "published-side-road":
            machine.name = name
            machine.transitions.insert(
                Transition(
                    name: "go on without asking",
                    from: "rollout_paused",
                    to: .stage("rollout_100"),
                    when: ["crash_rate_ok"],
                    actions: [ActionUse("store.complete_rollout")]
                ),
                at: 0
            )
        case "published-approving":
            machine.name = name
            for place in machine.transitions.indices
            where machine.transitions[place].name == "rollout_1->rollout_100" {
                machine.transitions[place].approvals = 2
            }
        case "published-stricter":
            machine.name = name
            machine.parameters["crash_limit"] = .double(0.003)
            for place in machine.conditions.indices
            where machine.conditions[place].name == "used_enough" {
                machine.conditions[place].expr = "quality.plays >= 40000"
            }
        case "published-without-rollout":
            machine.name = name
            machine.stages.removeAll { $0.name == "rollout_1" }
            machine.transitions.removeAll { $0.from == "rollout_1" || $0.to == .stage("rollout_1") }
        case "published-on-error":
            machine.name = name
            machine.transitions.append(
                Transition(
                    name: "final_rc->submitted on error",
                    from: "final_rc",
                    to: .stage("cancelled"),
                    actions: [
                        ActionUse("store.withdraw"),
                        ActionUse("chat.post", with: ["text": .string("given up")]),
                    ],
                    onErrorOf: "final_rc->submitted"
                )
            )
        case "published-two-claims":
            machine.name = name
            machine.transitions.insert(
                Transition(
                    name: "the other way",
                    from: "rollout_1",
                    to: .stage("rollout_100"),
                    when: ["itgc_passed"],
                    actions: [ActionUse("store.complete_rollout")],
                    claims: ["side_door"]
                ),
                at: machine.transitions.firstIndex { $0.name == "rollout_1->cancelled" } ?? 0
            )
        case "published-expiring":
            machine.name = name
            for place in machine.actions.indices {
                switch machine.actions[place].name {
                case "chat.post":
                    machine.actions[place].policy.expires = .hours(1)
                    machine.actions[place].policy.latestWins = true
                    machine.actions[place].scope = .release
                case "store.submit_for_review":
                    machine.actions[place].policy.expires = .minutes(30)
                    machine.actions[place].policy.maxTries = 50
                    machine.actions[place].policy.giveUpAfter = .minutes(20)
                default: break
                }
            }
        case "published-tagging":
            machine.name = name
            for place in machine.transitions.indices
            where machine.transitions[place].name == "rollout_1->cancelled" {
                machine.transitions[place].actions = [ActionUse("vcs.tag")]
            }
        case "published-phased":
            machine.name = name
            machine.facts.append(fact("store.share", .double, .version))
            machine.facts.sort { $0.path.precedes($1.path) }
            machine.conditions.append(
                Condition(
                    name: "day_1_over",
                    expr: "store.rollout == \"running\" && store.share > 0.01"
                )
            )
            machine.guards.insert(
                Guard(
                    name: "hold_day_1",
                    watch: ["rollout_1"],
                    when: ["day_1_over"],
                    unless: ["itgc_passed", "crash_rate_ok"],
                    blindAfter: .hours(6),
                    to: .stage("rollout_paused"),
                    actions: [ActionUse("store.pause_rollout")]
                ),
                at: 0
            )
            for place in machine.transitions.indices
            where ["submitted->rollout_1", "rollout_1->rollout_100"]
                .contains(machine.transitions[place].name)
            {
                machine.transitions[place].adopts = true
            }
        case "published-careful":
            machine.name = name
            for place in machine.stages.indices
            where machine.stages[place].name == "rollout_1" {
                machine.stages[place].liveAt = "store.live_at"
            }
            for place in machine.transitions.indices
            where machine.transitions[place].name == "rollout_1->rollout_100" {
                machine.transitions[place].within = ["office_hours"]
            }
            machine.facts.append(
                FactDeclaration(
                    path: "store.live_at",
                    source: "store",
                    name: "live_at",
                    type: .timestamp,
                    maxAge: .hours(1)
                )
            )
            machine.facts.sort { $0.path.precedes($1.path) }
        default: return nil
        }
        return machine
    }

    package static let names = [
        "published", "published-resuming", "published-webhook", "published-once",
        "published-tagging", "published-side-road", "published-approving", "published-stricter",
        "published-without-rollout", "published-on-error", "published-two-claims",
        "published-expiring", "published-careful", "published-phased",
    ]

    package static let published = Machine(
        name: "published",
        stages: stages,
        conditions: conditions,
        transitions: transitions,
        guards: guards,
        facts: facts.sorted { $0.path.precedes($1.path) },
        actions: actions,
        head: "vcs.head.commit",
        candidate: .init(commit: "ci.build.commit", build: "ci.build.id"),
        parameters: ["crash_limit": .double(0.01)],
        people: [
            "signoff": People(
                teams: ["playback", "search"],
                confirmations: ["store_approved"]
            )
        ]
    )

    private static let stages = [
        Stage(name: "upcoming", shelf: .upcoming),
        Stage(name: "branched", shelf: .current),
        Stage(name: "final_rc", shelf: .current, latchesCandidate: true),
        Stage(name: "submitted", shelf: .current),
        Stage(name: "rollout_1", shelf: .production, reality: "store.rollout == \"running\""),
        Stage(
            name: "rollout_100",
            shelf: .production,
            monitor: .days(2),
            reality: "store.rollout == \"complete\""
        ),
        Stage(
            name: "rollout_paused",
            shelf: .production,
            kind: .waiting,
            reality: "store.rollout == \"paused\""
        ),
        Stage(name: "cancelled", shelf: .current, kind: .error, terminal: true),
    ]

    private static let conditions = [
        Condition(name: "branch_cut", expr: "vcs.branch.exists"),
        Condition(name: "last_fix_merged", expr: "vcs.fixes.open == 0"),
        Condition(name: "rc_built", expr: "ci.build.commit == vcs.head.commit"),
        Condition(name: "rc_verified", expr: "ci.verification.state == \"passed\""),
        Condition(name: "rc_uploaded", expr: "store.uploaded.build == ci.build.id"),
        Condition(
            name: "latest_build_tested",
            expr: "ci.build.commit == vcs.head.commit && ci.tests.state == \"passed\"",
            title: "The latest build holds all commits and passed its tests"
        ),
        Condition(
            name: "no_open_blockers",
            expr: "tracker.blockers.open == 0",
            title: "No open release-blocking bugs",
            alarm: "tracker.blockers.open > 5",
            owner: "release-managers"
        ),
        Condition(
            name: "signed_off",
            expr: "signoff.teams.all(t, t.state == \"approved\" || t.opted_out)",
            title: "All teams signed off"
        ),
        Condition(
            name: "crash_rate_ok",
            expr: """
                quality.crash_rate <= params.crash_limit && quality.anr_rate <= 0.005 \
                && quality.sessions >= 1000
                """,
            alarm: "quality.crash_rate > params.crash_limit || quality.anr_rate > 0.005",
            owner: "quality"
        ),
        Condition(name: "used_enough", expr: "quality.plays >= 10000"),
        Condition(
            name: "approved",
            expr: "store.review.state == \"approved\" || signoff.store_approved"
        ),
        Condition(name: "rejected", expr: "store.review.state == \"rejected\""),
        Condition(name: "head_beyond_candidate", expr: "vcs.head.commit != candidate.commit"),
        Condition(name: "itgc_passed", expr: "itgc.passed && itgc.data_loss < 0.001"),
        Condition(
            name: "crash_rate_calm",
            expr: "quality.crash_rate <= params.crash_limit",
            sustained: .hours(4)
        ),
        Condition(
            name: "crash_spike",
            expr: "quality.crash_rate > 0.02 && quality.sessions >= 5000"
        ),
        Condition(
            name: "anr_spike",
            expr: "quality.anr_rate > 0.01 && quality.sessions >= 5000"
        ),
    ]

    private static func step(
        _ from: String,
        _ to: String,
        _ when: [String] = [],
        _ actions: [ActionUse] = [],
        dwell: Span? = nil,
        manual: Bool = false,
        claims: [String] = []
    ) -> Transition {
        Transition(
            name: "\(from)->\(to)",
            from: from,
            to: to == "$previous" ? .previous : .stage(to),
            when: when,
            actions: actions,
            dwell: dwell,
            manual: manual,
            claims: claims
        )
    }

    private static func post(_ text: String) -> ActionUse {
        ActionUse("chat.post", with: ["text": .string(text)])
    }

    private static let transitions = [
        step("upcoming", "branched", ["branch_cut"]),
        step(
            "branched",
            "final_rc",
            ["last_fix_merged", "rc_built", "rc_verified", "rc_uploaded"],
            [
                ActionUse("vcs.tag", with: ["name": "v${track.version}"]),
                post("${track.version} has a release candidate: ${candidate.commit}"),
            ],
            dwell: .minutes(10)
        ),
        step("final_rc", "branched", ["head_beyond_candidate"]),
        step(
            "final_rc",
            "submitted",
            [
                "latest_build_tested", "no_open_blockers", "signed_off", "crash_rate_ok",
                "used_enough",
            ],
            [ActionUse("store.submit_for_review", with: ["build": "${candidate.build}"])]
        ),
        step("submitted", "branched", ["rejected"], [post("${track.version} was rejected")]),
        step("submitted", "rollout_1", ["approved"], [ActionUse("store.start_rollout")]),
        step(
            "rollout_1",
            "rollout_100",
            ["itgc_passed", "crash_rate_ok"],
            [
                ActionUse("store.complete_rollout"),
                post("${track.version} is at 100 %"),
            ],
            dwell: .hours(24),
            claims: ["full_rollout"]
        ),
        step(
            "rollout_paused",
            "$previous",
            ["crash_rate_ok"],
            [ActionUse("store.resume_rollout")],
            manual: true
        ),
        step("branched", "cancelled", [], [], manual: true),
        step("final_rc", "cancelled", [], [], manual: true),
        step("submitted", "cancelled", [], [ActionUse("store.withdraw")], manual: true),
        step("rollout_1", "cancelled", [], [ActionUse("store.halt_rollout")], manual: true),
        step("rollout_paused", "cancelled", [], [ActionUse("store.halt_rollout")], manual: true),
    ]

    private static let guards = ["crash_spike", "anr_spike"].map { name in
        Guard(
            name: name,
            watch: ["rollout_1", "rollout_100"],
            when: [name],
            blindAfter: .hours(6),
            to: .stage("rollout_paused"),
            actions: [ActionUse("store.pause_rollout")]
        )
    }

    private static func fact(
        _ path: String,
        _ type: FactType,
        _ subject: Subject = .none,
        maxAge: Span = .hours(1)
    ) -> FactDeclaration {
        let dot = path.firstIndex(of: ".") ?? path.endIndex
        return FactDeclaration(
            path: path,
            source: String(path[..<dot]),
            name: String(path[dot...].dropFirst()),
            type: type,
            subject: subject,
            maxAge: maxAge
        )
    }

    private static let facts = [
        fact("vcs.head.commit", .string),
        fact("vcs.branch.exists", .bool),
        fact("vcs.fixes.open", .int),
        fact("ci.build.commit", .string),
        fact("ci.build.id", .string),
        fact("ci.verification.state", .string, .head),
        fact("ci.tests.state", .string, .head),
        fact("store.uploaded.build", .string, .version),
        fact("store.review.state", .string, .version),
        fact("store.rollout", .string, .version),
        fact("tracker.blockers.open", .int),
        fact("quality.crash_rate", .double, .version, maxAge: .hours(3)),
        fact("quality.anr_rate", .double, .version, maxAge: .hours(3)),
        fact("quality.sessions", .int, .version, maxAge: .hours(3)),
        fact("quality.plays", .int, .version, maxAge: .hours(3)),
        fact("itgc.passed", .bool, .version),
        fact("itgc.data_loss", .double, .version),
        fact(
            "signoff.teams",
            .list(
                .record([
                    .init(name: "by", type: .string), .init(name: "opted_out", type: .bool),
                    .init(name: "state", type: .string), .init(name: "team", type: .string),
                ])
            )
        ),
        fact("signoff.store_approved", .bool),
    ]

    private static func action(
        _ name: String,
        _ actionClass: ActionClass,
        _ direction: Direction,
        scope: Scope.Level = .track,
        blocking: Bool = true
    ) -> ActionDeclaration {
        ActionDeclaration(
            name: name,
            kind: name,
            actionClass: actionClass,
            direction: direction,
            scope: scope,
            blocking: blocking,
            policy: ActionPolicy(maxTries: 3)
        )
    }

    private static let actions = [
        action("chat.post", .appendWithMarker, .neutral, blocking: false),
        action("store.complete_rollout", .setToValue, .raises),
        action("store.halt_rollout", .setToValue, .brakes),
        action("store.pause_rollout", .setToValue, .brakes),
        action("store.resume_rollout", .setToValue, .raises),
        action("store.start_rollout", .setToValue, .raises),
        action("store.submit_for_review", .createOnce, .raises),
        action("store.withdraw", .setToValue, .brakes),
        action("vcs.tag", .createOnce, .neutral, scope: .release),
    ]
}
