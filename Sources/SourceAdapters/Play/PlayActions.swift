import ConductorCore
import ConductorPorts

/// An action on Google Play: a move of one release on one track, which says all that there is to do.
protocol PlayMoveAction: ConfiguredAction {
    /// What a credential must be allowed to do: `raise rollouts`.
    static var right: String { get }
    var rollout: PlayRollout { get }
    func move(_ variables: Variables) throws -> PlayMove
}

extension PlayMoveAction {
    var traits: ActionTraits {
        ActionTraits(
            actionClass: .setToValue,
            direction: .raises,
            canProbe: true,
            lane: rollout.play.lane
        )
    }

    var secrets: [SecretReference] { rollout.play.secrets }
    var checkup: Checkup? { rollout.checkup(mayChange: Self.right) }

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        await rollout.perform(intent) { try move($0) }
    }

    func probe(_ intent: Intent) async -> ProbeAnswer {
        await rollout.probe(intent) { try move($0) }
    }
}

/// The kind `play.release`: gives an uploaded version to a share of a track's users.
///
///     play.release: {package: com.acme.music, key: file:service-account.json, fraction: 0.01,
///                    name: "${version} ${candidate.commit}", notes: {en-US: "${with.notes}"}}
///
/// Its natural key is the version code on the track. A draft of it is started.
struct PlayReleaseAction: PlayMoveAction {
    static let kind = "play.release"
    static let right = "release versions"

    let rollout: PlayRollout
    private let fraction: PlayFraction
    private let name: Template
    private let notes: [(language: String, text: Template)]
    private let priority: Int64?
    private let supersedes: Bool

    init?(settings: SettingsReader, binding: ActionBinding) {
        let rollout = PlayRollout(settings: settings)
        let fraction = PlayFraction(settings: settings, upToAll: true)
        let name = settings.template(
            "name",
            .action,
            default: "${version} ${candidate.commit}"
        )
        var notes: [(language: String, text: Template)] = []
        if let reader = settings.mapping("notes") {
            for language in reader.keys {
                if let text = reader.template(language, .action) { notes.append((language, text)) }
            }
            reader.close()
        }
        self.notes = notes
        priority = settings.number("priority", in: 0...5).map { Int64($0) }
        supersedes = settings.flag("supersedes") ?? false
        guard let rollout, let fraction, let name else { return nil }
        self.rollout = rollout
        self.fraction = fraction
        self.name = name
    }

    func move(_ variables: Variables) throws -> PlayMove {
        let name = try variables.text(name)
        guard name.count <= PlayReleaseText.longestName else {
            throw APIProblem(
                .misconfigured,
                "'\(name)' is longer than a release's name may be, \(PlayReleaseText.longestName)"
            )
        }
        var texts: [String: String] = [:]
        for note in notes { texts[note.language] = try variables.text(note.text) }
        return .release(
            PlayReleaseText(name: name, notes: texts, priority: priority),
            fraction: try fraction.value(variables),
            supersedes: supersedes
        )
    }
}

/// The kind `play.raise`: gives a version that is rolling out to more users.
///
///     play.raise: {package: com.acme.music, key: file:service-account.json, fraction: "${with.fraction}"}
///
/// What was halted stays halted, and a fraction is never lowered.
struct PlayRaiseAction: PlayMoveAction {
    static let kind = "play.raise"
    static let right = "raise rollouts"

    let rollout: PlayRollout
    private let fraction: PlayFraction

    init?(settings: SettingsReader, binding: ActionBinding) {
        let rollout = PlayRollout(settings: settings)
        let fraction = PlayFraction(settings: settings, upToAll: false)
        guard let rollout, let fraction else { return nil }
        self.rollout = rollout
        self.fraction = fraction
    }

    func move(_ variables: Variables) throws -> PlayMove {
        .raise(fraction: try fraction.value(variables))
    }
}

/// The kind `play.halt`, the brake: nobody new gets the version; whoever has it keeps it.
///
///     play.halt: {package: com.acme.music, key: file:service-account.json}
///
/// It has no lane and waits for nobody: it takes the app's edit from whatever else is going on, which then
/// starts over and finds the version halted.
struct PlayHaltAction: PlayMoveAction {
    static let kind = "play.halt"
    static let right = "halt rollouts"

    let rollout: PlayRollout
    private let isForCompleted: Bool

    init?(settings: SettingsReader, binding: ActionBinding) {
        isForCompleted = settings.flag("halts_completed") ?? false
        guard let rollout = PlayRollout(settings: settings, inReview: .cancel) else { return nil }
        self.rollout = rollout
    }

    var traits: ActionTraits {
        ActionTraits(actionClass: .setToValue, direction: .brakes, canProbe: true)
    }

    func move(_ variables: Variables) -> PlayMove { .halt(isForCompleted: isForCompleted) }
}

/// The kind `play.resume`: goes on with a version that was halted, at the share it had.
///
///     play.resume: {package: com.acme.music, key: file:service-account.json}
struct PlayResumeAction: PlayMoveAction {
    static let kind = "play.resume"
    static let right = "resume rollouts"

    let rollout: PlayRollout

    init?(settings: SettingsReader, binding: ActionBinding) {
        guard let rollout = PlayRollout(settings: settings) else { return nil }
        self.rollout = rollout
    }

    func move(_ variables: Variables) -> PlayMove { .resume }
}

/// The kind `play.complete`: gives a version that is rolling out to everybody.
///
///     play.complete: {package: com.acme.music, key: file:service-account.json}
///
/// What was halted stays halted.
struct PlayCompleteAction: PlayMoveAction {
    static let kind = "play.complete"
    static let right = "complete rollouts"

    let rollout: PlayRollout

    init?(settings: SettingsReader, binding: ActionBinding) {
        guard let rollout = PlayRollout(settings: settings) else { return nil }
        self.rollout = rollout
    }

    func move(_ variables: Variables) -> PlayMove { .complete }
}

/// A share of users as settings say it: `0.01`, or `"${with.fraction}"`.
struct PlayFraction: Sendable {
    private let template: JSONTemplate
    private let upToAll: Bool

    init?(settings: SettingsReader, upToAll: Bool) {
        guard let json = settings.value("fraction") else {
            settings.missing("fraction", "the share of users, such as 0.01")
            return nil
        }
        guard let template = JSONTemplate(json, at: ["fraction"], settings, .action) else {
            return nil
        }
        self.template = template
        self.upToAll = upToAll
        if case .text(let text) = template, !text.variables.isEmpty { return }
        if check(json) == nil {
            settings.fault(.badValue, "fraction", expectation)
            return nil
        }
    }

    private var expectation: String {
        upToAll
            ? "should be more than 0 and at most 1, which is everybody"
            : "should be more than 0 and less than 1; everybody is for play.complete"
    }

    private func check(_ json: JSON) -> Double? {
        guard let value = json.number ?? json.stringValue.flatMap({ Double($0) }), value > 0,
            value < 1 || upToAll && value == 1
        else { return nil }
        return value
    }

    func value(_ variables: Variables) throws -> Double {
        let json = try variables.json(template)
        guard let value = check(json) else {
            throw APIProblem(.misconfigured, "the fraction \(json) \(expectation)")
        }
        return value
    }
}
