/// What is recorded, one value per row of the journal.
///
/// Every entry is appended; none is changed afterwards. Bodies of observations and machines hang by
/// their digest and are stored once.
package enum Entry: Sendable, Equatable {
    case boot(Boot)
    case machine(MachineRecord)
    case poll(Poll)
    case tick(Tick)
    case decision(DecisionRecord)
    case command(CommandRecord)
    case intent(IntentRecord)
    case attempt(AttemptRecord)
    case outcome(OutcomeRecord)
    case discovery(DiscoveryRecord)
    case upkeep(Upkeep)

    /// The daemon started.
    package struct Boot: Sendable, Equatable, Codable {
        package var at: Stamp
        package var engine: String
        /// Digests of the configuration that was read, by file name.
        package var files: [String: String]
        package var process: Int
        /// The calendars in force from here on, with the offsets of their time zones.
        package var calendars: [ReleaseCalendar]
        /// The time zones that conditions name, in order of name, with their offsets.
        package var zones: [RecordedZone]

        package init(
            at: Stamp,
            engine: String,
            files: [String: String],
            process: Int,
            calendars: [ReleaseCalendar] = [],
            zones: [RecordedZone] = []
        ) {
            self.at = at
            self.engine = engine
            self.files = files
            self.process = process
            self.calendars = calendars
            self.zones = zones
        }
    }

    /// A machine that tracks may be pinned to.
    package struct MachineRecord: Sendable, Equatable, Codable {
        package var digest: String
        /// Canonical JSON of `Machine.canonical`: what `digest` is of.
        package var canonical: String
        /// The whole machine with titles, owners and links.
        package var source: String

        package init(digest: String, canonical: String, source: String) {
            self.digest = digest
            self.canonical = canonical
            self.source = source
        }
    }

    /// One poll of a source at a scope.
    package struct Poll: Sendable, Equatable, Codable {
        package var source: String
        package var scope: Scope
        package var at: Stamp
        package var result: Result

        package enum Result: Sendable, Equatable, Codable {
            /// `body` is the observation's content address; the body itself goes along once.
            case ok(body: String, observedAt: [String: Instant])
            case failed(PollFailure, message: String)
        }

        package init(source: String, scope: Scope, at: Stamp, result: Result) {
            self.source = source
            self.scope = scope
            self.at = at
            self.result = result
        }
    }

    /// One round of deciding.
    ///
    /// Its inputs are all entries before it.
    package struct Tick: Sendable, Equatable, Codable {
        package var number: Int
        package var at: Stamp
        /// The wall clock was set since the last tick, by this many milliseconds.
        package var wallStep: Int64?
        /// STOP as the file in the state directory says it.
        package var stopFile: Bool
        /// Tracks in shadow.
        package var shadow: [String]
        /// Claims denied in this round, by track.
        package var denied: [String: [String]]
        /// Finished tracks, each with a newer version that has reached the end of the road too.
        package var successors: [String: TrackID]

        package init(
            number: Int,
            at: Stamp,
            wallStep: Int64? = nil,
            stopFile: Bool = false,
            shadow: [String] = [],
            denied: [String: [String]] = [:],
            successors: [String: TrackID] = [:]
        ) {
            self.number = number
            self.at = at
            self.wallStep = wallStep
            self.stopFile = stopFile
            self.shadow = shadow
            self.denied = denied
            self.successors = successors
        }
    }

    /// What was decided for a track, stored when its bytes change, and the state after it.
    package struct DecisionRecord: Sendable, Equatable, Codable {
        package var tick: Int
        package var track: TrackID
        /// Canonical JSON of `Decision`.
        package var decision: String
        /// Canonical JSON of `TrackState`.
        package var state: String

        package init(tick: Int, track: TrackID, decision: String, state: String) {
            self.tick = tick
            self.track = track
            self.decision = decision
            self.state = state
        }
    }

    /// A command that was accepted into the journal; what came of it is in the decisions.
    package struct CommandRecord: Sendable, Equatable, Codable {
        package var at: Stamp
        package var command: Command

        package init(at: Stamp, command: Command) {
            self.at = at
            self.command = command
        }
    }

    /// An action decided upon, before anything is sent.
    package struct IntentRecord: Sendable, Equatable, Codable {
        package var tick: Int
        package var intent: Intent

        package init(tick: Int, intent: Intent) {
            self.tick = tick
            self.intent = intent
        }
    }

    /// Written before an attempt, or a probe, is sent.
    package struct AttemptRecord: Sendable, Equatable, Codable {
        package enum Purpose: String, Sendable, Equatable, Codable { case perform, probe }

        package var at: Stamp
        package var key: String
        package var track: TrackID
        package var purpose: Purpose
        /// Counts per key and purpose, from 1.
        package var number: Int

        package init(at: Stamp, key: String, track: TrackID, purpose: Purpose, number: Int) {
            self.at = at
            self.key = key
            self.track = track
            self.purpose = purpose
            self.number = number
        }
    }

    /// How an attempt or a probe ended.
    package struct OutcomeRecord: Sendable, Equatable, Codable {
        package enum Answer: Sendable, Equatable, Codable {
            case performed(ActionOutcome)
            case probed(ProbeAnswer)
        }

        package var at: Stamp
        package var key: String
        package var track: TrackID
        package var number: Int
        package var answer: Answer

        package init(at: Stamp, key: String, track: TrackID, number: Int, answer: Answer) {
            self.at = at
            self.key = key
            self.track = track
            self.number = number
            self.answer = answer
        }
    }

    /// A track that was seen for the first time; registered with the machine of this digest.
    package struct DiscoveryRecord: Sendable, Equatable, Codable {
        package var at: Stamp
        package var track: TrackID
        package var machine: String
        /// The source, or the actor of a command.
        package var by: String
        package var stage: String?
        package var since: Instant?

        package init(
            at: Stamp,
            track: TrackID,
            machine: String,
            by: String,
            stage: String? = nil,
            since: Instant? = nil
        ) {
            self.at = at
            self.track = track
            self.machine = machine
            self.by = by
            self.stage = stage
            self.since = since
        }
    }
}

/// An entry in its place in the journal.
package struct JournalRow: Sendable, Equatable {
    /// Position in the journal, from 1, across all tables.
    package var sequence: Int64
    package var entry: Entry

    package init(sequence: Int64, entry: Entry) {
        self.sequence = sequence
        self.entry = entry
    }
}
