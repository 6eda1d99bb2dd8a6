import CEL
import ConductorCore
import Foundation

/// A snapshot of a release as conditions see it: some 140 values in maps and lists, made up by a
/// formula, and the same for every reader (CEL, Swift, Python).
struct ReleaseSnapshot: Sendable {
    struct SignOff: Sendable { var who, role, state: String }
    struct Build: Sendable { var id, commit, status: String, number: Int }
    struct Incident: Sendable { var id, severity: String }

    let blockersOpen = 0
    let signoffs: [SignOff]
    let crashFreeUsers = 0.9968
    let crashFreeSessions = 0.9984
    let anrRate = 0.0029
    /// Seconds since 1970.
    let now = 1_772_452_800
    let enteredAt = 1_772_361_000
    let builds: [Build]
    let head: String
    let branchName = "release/9.3.0"
    let platform = "android"
    let version = "9.3.0"
    let notes = "Offline lists open without a pause; three faults of the player are mended."
    let rolloutStage = "canary"
    let approvals: [String: String]
    let isFrozen = false
    let incidents: [Incident]
    let labels: [String: String]

    init() {
        func commit(_ number: Int) -> String {
            let text = String(UInt64(truncatingIfNeeded: number &* 0x9E37_79B9), radix: 16)
            return String(repeating: "0", count: 40 - text.count) + text
        }
        signoffs = ["accounts", "legal", "playback", "quality", "search"].map { team in
            SignOff(who: team + "-lead", role: team, state: "approved")
        }
        // The branch's newest commit has the last build of the list.
        let count = 20
        builds = (0..<count).map { number in
            Build(
                id: "build-\(number)",
                commit: commit(number),
                status: number % 4 == 3 ? "success" : "failed",
                number: 5_200 + number
            )
        }
        head = commit(count - 1)
        approvals = ["product_owner": "given", "release_manager": "given", "security": "given"]
        incidents = (0..<3).map { Incident(id: "incident-\($0)", severity: "sev\($0 + 3)") }
        labels = ["train": "weekly", "tier": "gold", "market": "all"]
    }

    // MARK: The same for CEL and for Python

    /// The whole as JSON; the instants are `{"$seconds": n}`.
    var json: JSON {
        [
            "tracker": [
                "blockers": ["open": .int(Int64(blockersOpen)), "closed": 9], "bugs": 7,
                "total": 93, "done": 88, "project": "PLAYER", "fix_version": "9.3.0",
            ],
            "signoffs": .array(
                signoffs.map {
                    ["who": .string($0.who), "role": .string($0.role), "state": .string($0.state)]
                }
            ),
            "quality": [
                "crash_free_users": .double(crashFreeUsers),
                "crash_free_sessions": .double(crashFreeSessions), "anr_rate": .double(anrRate),
                "test_pass_rate": .double(0.997), "coverage": .double(0.78), "start_p95_ms": 871,
            ],
            "now": ["$seconds": .int(Int64(now))],
            "state": [
                "name": "soak", "entered_at": ["$seconds": .int(Int64(enteredAt))], "attempt": 1,
            ],
            "builds": .array(
                builds.map {
                    [
                        "id": .string($0.id), "commit": .string($0.commit),
                        "status": .string($0.status), "number": .int(Int64($0.number)),
                    ]
                }
            ),
            "branch": ["name": .string(branchName), "head": .string(head), "base": "main"],
            "release": [
                "platform": .string(platform), "version": .string(version),
                "notes": .string(notes), "train": 31,
            ],
            "rollout": ["stage": .string(rolloutStage), "percent": 1],
            "approvals": .object(approvals.mapValues { .string($0) }),
            "freeze": ["active": .bool(isFrozen), "reason": ""],
            "incidents": .array(
                incidents.map { ["id": .string($0.id), "severity": .string($0.severity)] }
            ),
            "labels": .object(labels.mapValues { .string($0) }),
        ]
    }

    /// The values by the name of their variable.
    var variables: [String: Value] { (json.objectValue ?? [:]).mapValues(Self.value) }

    private static func value(_ json: JSON) -> Value {
        if let seconds = json["$seconds"], case .int(let number) = seconds,
            let timestamp = Timestamp(seconds: number)
        {
            return .timestamp(timestamp)
        }
        switch json {
        case .array(let elements): return .list(elements.map(value))
        case .object(let members):
            let fields = members.sorted { $0.key < $1.key }.map { ($0.key, value($0.value)) }
            return .map(MapValue(fields: fields))
        case .null, .bool, .int, .double, .string: return ConditionProfile.celValue(of: json)
        }
    }
}

/// A condition in the three languages that are compared.
struct ComparedCondition: Sendable {
    var name: String
    var cel: String
    var python: String
    var swift: @Sendable (ReleaseSnapshot) -> Bool

    static let all = [
        ComparedCondition(
            name: "blockers and sign-offs",
            cel: "tracker.blockers.open == 0 && signoffs.all(s, s.state == \"approved\")",
            python: """
                tracker["blockers"]["open"] == 0 and all(s["state"] == "approved" for s in signoffs)
                """,
            swift: { it in
                it.blockersOpen == 0 && it.signoffs.allSatisfy { $0.state == "approved" }
            }
        ),
        ComparedCondition(
            name: "quality",
            cel: "quality.crash_free_users >= 0.995 && quality.anr_rate < 0.0047",
            python: """
                quality["crash_free_users"] >= 0.995 and quality["anr_rate"] < 0.0047
                """,
            swift: { $0.crashFreeUsers >= 0.995 && $0.anrRate < 0.0047 }
        ),
        ComparedCondition(
            name: "a day's soak",
            cel: "now - state.entered_at >= duration(\"24h\")",
            python: """
                now - state["entered_at"] >= timedelta(hours=24)
                """,
            swift: { $0.now - $0.enteredAt >= 86_400 }
        ),
        ComparedCondition(
            name: "a build of the head",
            cel: "builds.exists(b, b.commit == branch.head && b.status == \"success\")",
            python: """
                any(b["commit"] == branch["head"] and b["status"] == "success" for b in builds)
                """,
            swift: { it in it.builds.contains { $0.commit == it.head && $0.status == "success" } }
        ),
        ComparedCondition(
            name: "texts",
            cel: """
                release.platform in ["ios", "android"] && branch.name.startsWith("release/") \
                && size(release.notes) > 20 && release.version.matches("^[0-9]+[.][0-9]+[.][0-9]+$")
                """,
            python: """
                release["platform"] in ["ios", "android"] and branch["name"].startswith("release/") \
                and len(release["notes"]) > 20 \
                and re.search("^[0-9]+[.][0-9]+[.][0-9]+$", release["version"]) is not None
                """,
            swift: { it in
                ["ios", "android"].contains(it.platform) && it.branchName.hasPrefix("release/")
                    && it.notes.unicodeScalars.count > 20 && isVersion(it.version)
            }
        ),
        ComparedCondition(
            name: "mixed",
            cel: """
                (rollout.stage == "canary" ? quality.crash_free_sessions >= 0.99 \
                : quality.crash_free_sessions >= 0.998) && has(approvals.product_owner) \
                && !(freeze.active || incidents.filter(i, i.severity in ["sev1", "sev2"]).size() > 0) \
                && labels["train"] == "weekly"
                """,
            python: """
                (quality["crash_free_sessions"] >= 0.99 if rollout["stage"] == "canary" \
                else quality["crash_free_sessions"] >= 0.998) and "product_owner" in approvals \
                and not (freeze["active"] \
                or len([i for i in incidents if i["severity"] in ["sev1", "sev2"]]) > 0) \
                and labels["train"] == "weekly"
                """,
            swift: { it in
                (it.rolloutStage == "canary"
                    ? it.crashFreeSessions >= 0.99 : it.crashFreeSessions >= 0.998)
                    && it.approvals["product_owner"] != nil
                    && !(it.isFrozen
                        || it.incidents.count { ["sev1", "sev2"].contains($0.severity) } > 0)
                    && it.labels["train"] == "weekly"
            }
        ),
    ]

    /// Three numbers with points between them, as one would check it by hand.
    private static func isVersion(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 3
            && parts.allSatisfy { part in
                !part.isEmpty
                    && part.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            }
    }
}
