/// Why a track is where it is, as data: every surface prints this, none derives its own.
package struct Explanation: Sendable, Equatable {
    package var track: TrackID
    package var at: Instant
    package var stage: String?
    package var phase: String
    package var light: Light
    /// For `entering` and `error`: the transition, its actions and what to do.
    package var work: [String]
    package var transitions: [Transition]
    /// The guards that watch here, each as the brake that it would fire.
    package var guards: [Transition] = []
    /// Things that a person is called for.
    package var alerts: [String] = []
    /// The stage that reality shows, where it is another one.
    package var drift: String?
    /// Whether decisions are recorded only, and nothing is done.
    package var isShadowed = false

    package init(
        track: TrackID,
        at: Instant,
        stage: String?,
        phase: String,
        light: Light,
        work: [String],
        transitions: [Transition]
    ) {
        self.track = track
        self.at = at
        self.stage = stage
        self.phase = phase
        self.light = light
        self.work = work
        self.transitions = transitions
    }

    /// A transition with all that it needs.
    package struct Transition: Sendable, Equatable {
        package var name: String
        package var to: String
        package var direction: Direction
        package var manual: Bool
        package var leaves: [Leaf]
        /// The leaves that are missing: granting exactly these makes it fire.
        package var smallest: [String] {
            leaves.filter { !$0.isMet }.map(\.name)
        }

        /// When it can fire at the earliest, if only clocks stand in the way.
        package var earliest: Instant? {
            let missing = leaves.filter { !$0.isMet }
            let instants = missing.compactMap(\.earliest)
            return instants.count == missing.count ? instants.max() : nil
        }
    }

    /// One thing that a transition needs.
    package struct Leaf: Sendable, Equatable {
        package var name: String
        package var kind: LeafKind
        package var verdict: Verdict
        package var light: Light
        package var title: String?
        package var owner: String?
        package var link: String?
        package var facts: [ReadFact]
        package var since: Instant?
        /// When it is met at the latest by the passing of time alone.
        package var earliest: Instant?
        /// In words, for people, where the verdict alone says too little.
        package var note: String?
        /// Set where a person lets a condition count as met.
        package var overridden: Overridden?

        package init(
            _ name: String,
            kind: LeafKind,
            verdict: Verdict,
            light: Light? = nil,
            title: String? = nil,
            owner: String? = nil,
            link: String? = nil,
            facts: [ReadFact] = [],
            since: Instant? = nil,
            earliest: Instant? = nil,
            note: String? = nil
        ) {
            self.name = name
            self.kind = kind
            self.verdict = verdict
            self.light = light ?? Self.light(of: verdict)
            self.title = title
            self.owner = owner
            self.link = link
            self.facts = facts
            self.since = since
            self.earliest = earliest
            self.note = note
        }

        /// What does not apply is no hindrance.
        package var isMet: Bool {
            switch verdict {
            case .met, .notApplicable: true
            case .unmet, .unknown: false
            }
        }

        /// A mark that differs in shape as well as in colour.
        package var sign: String {
            switch verdict {
            case .met: "✔"
            case .unmet:
                switch light {
                case .red: "✖"
                case .green: "○"
                case .grey, .yellow, .unknown: "◐"
                }
            case .unknown: "?"
            case .notApplicable: "○"
            }
        }

        /// The verdict for people.
        package var word: String {
            switch verdict {
            case .met: "met"
            case .unmet: "not met"
            case .unknown: "unknown"
            case .notApplicable: "does not apply"
            }
        }

        static func light(of verdict: Verdict) -> Light {
            switch verdict {
            case .met: .green
            case .unmet: .yellow
            case .unknown: .unknown
            case .notApplicable: .grey
            }
        }
    }

    /// A condition that counts as met by a person's word.
    package struct Overridden: Sendable, Equatable {
        package var actor: String
        package var reason: String
        package var until: Instant
        /// What it is by the facts.
        package var instead: Verdict

        init(by override: Override, instead: Verdict) {
            actor = override.actor
            reason = override.reason
            until = override.until.wall
            self.instead = instead
        }
    }

    /// A fact that a leaf read, as it stood.
    package struct ReadFact: Sendable, Equatable {
        package var path: String
        /// Nil when it is not known.
        package var value: JSON?
        package var unit: String?
        package var cause: Cause?
        package var observedAt: Instant?
        package var fetchedAt: Instant?
    }
}
