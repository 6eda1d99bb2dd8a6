import ConductorCore
import ConductorRuntime
import Logging

/// Writes what the runtime tells to the log, one line an event.
struct EventLog: Sendable {
    let logger: Logger

    func write(_ event: RuntimeEvent) {
        switch event {
        case .booted(let tracks, let open):
            logger.info("started", metadata: ["tracks": "\(tracks)", "open_attempts": "\(open)"])
        case .polled(let source, let scope, nil, _):
            logger.debug("polled", metadata: ["source": "\(source)", "scope": "\(scope)"])
        case .polled(let source, let scope, .some(let failure), let message):
            logger.warning(
                "poll failed",
                metadata: [
                    "source": "\(source)", "scope": "\(scope)", "failure": "\(failure.rawValue)",
                    "message": "\(message ?? "")",
                ]
            )
        case .discovered(let track, let source):
            logger.notice("discovered", metadata: ["track": "\(track)", "by": "\(source)"])
        case .fired(let track, let fired):
            logger.notice(
                "decided",
                metadata: [
                    "track": "\(track)", "transition": "\(fired.name)", "to": "\(fired.to)",
                    "cause": "\(fired.cause.words)",
                ]
            )
        case .entered(let track, let stage, let light):
            logger.notice(
                "entered",
                metadata: [
                    "track": "\(track)", "stage": "\(stage)", "light": "\(light.rawValue)",
                ]
            )
        case .withheld(let track, let what):
            logger.notice(
                "withheld",
                metadata: ["track": "\(track)", "would": "\(what.joined(separator: "; "))"]
            )
        case .alert(let track, let text):
            logger.error("alert", metadata: ["track": "\(track)", "text": "\(text)"])
        case .performing(let intent, let attempt):
            logger.info(
                "performing",
                metadata: ["key": "\(intent.key)", "attempt": "\(attempt)"]
            )
        case .performed(let intent, let attempt, let outcome):
            logger.notice(
                "performed",
                metadata: [
                    "key": "\(intent.key)", "attempt": "\(attempt)", "outcome": "\(outcome.words)",
                ]
            )
        case .probed(let intent, let answer):
            logger.info(
                "probed",
                metadata: ["key": "\(intent.key)", "answer": "\(answer.words)"]
            )
        case .command(let command, let reply):
            logger.notice(
                "command",
                metadata: [
                    "actor": "\(command.actor)", "scope": "\(command.scope)",
                    "accepted": "\(reply.accepted)", "message": "\(reply.message)",
                ]
            )
        case .wallStep(let milliseconds):
            logger.warning(
                "the wall clock was set; no raise for a while",
                metadata: ["by": "\(Span(milliseconds: abs(milliseconds)))"]
            )
        case .room(low: true):
            logger.error(
                "the disk of the journal is full: only outcomes, holds, STOP and brakes are written"
            )
        case .room(low: false):
            logger.notice("the disk of the journal has room again")
        case .journalFailed(let reason):
            logger.critical(
                "the journal cannot be written; nothing is done",
                metadata: ["reason": "\(reason)"]
            )
        case .stopped:
            logger.info("stopped")
        }
    }
}

extension Progress.Cause {
    /// Who or what decided, in words.
    var words: String {
        switch self {
        case .rule: "rule"
        case .guard(let name): "guard \(name)"
        case .person(let actor): actor
        case .adoption(let reason): reason
        }
    }
}

extension ActionOutcome {
    /// The outcome in words.
    var words: String {
        switch self {
        case .done(let evidence): "done: \(evidence)"
        case .alreadyDone(let evidence): "already done: \(evidence)"
        case .rejected(let reason, let remedy):
            "rejected: \(reason)\(remedy.map { "; \($0)" } ?? "")"
        case .retryable(let reason, _): "to be tried again: \(reason)"
        case .unknown(let reason): "unknown: \(reason)"
        }
    }
}

extension ProbeAnswer {
    /// The answer in words.
    var words: String {
        switch self {
        case .present(let evidence): "present: \(evidence)"
        case .absent: "absent"
        case .ambiguous(let reason): "ambiguous: \(reason)"
        case .unavailable(let reason): "unavailable: \(reason)"
        }
    }
}
