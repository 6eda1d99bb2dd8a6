import ConductorCore
import ConductorJournal
import ConductorRuntime

// The end: what must be true of the whole.

extension Simulation {
    /// Looks at the whole journal, and whether everything came to its end.
    func finish() {
        guard violation == nil else { return }
        stayIdle()
        guard violation == nil else { return }
        checkEnds()
        checkJournal()
        if referee.sawCanary || disk.holds("cAn4ry") { violate(16, "the secret shows") }
    }

    /// Nobody does anything for some hours: nothing may come of it but polls and ticks.
    private func stayIdle() {
        guard isAtEnd, let life, !life.isOver else { return }
        let rows = referee.rows.count
        let effects = world.effects.count
        for _ in 0..<4 {
            let wake = life.clock.nextWake.map { max(1, $0 - life.clock.monotonic()) } ?? 600_000
            life.clock.advance(by: Span(milliseconds: wake))
            now += wake
            guard SimulatedThread.settle() else { return violate(14, "it never settles") }
        }
        for entry in referee.rows[rows...] {
            switch entry {
            case .poll, .tick: continue
            case .boot, .machine, .decision, .command, .intent, .attempt, .outcome, .discovery,
                .upkeep:
                return violate(11, "an idle journal grows by \(Referee.words(entry))")
            }
        }
        if world.effects.count != effects { violate(11, "an effect of an idle world") }
    }

    private func checkEnds() {
        guard !isAtEnd else { return }
        guard let life, !life.isOver else { return violate(14, "no process runs at the end") }
        let engine = life.engine
        guard let world = SimulatedThread.run({ await engine.snapshot() }) else {
            return violate(14, "it never settles")
        }
        for track in plan.tracks {
            guard let state = world.states[track], let tick = world.lastTick,
                let explained = world.explain(track, in: tick)
            else {
                violate(14, "\(track) was never registered")
                continue
            }
            guard !state.retired else { continue }
            switch state.phase {
            case .entering(let progress):
                violate(14, "\(track) is for ever under way to \(progress.to)")
            case .error, .finished, .waiting:
                // What waits for a person alone has named it, and people have done all they do.
                let names = explained.transitions.flatMap(\.leaves).filter { !$0.isMet }
                let isNamed = names.contains { leaf in
                    switch leaf.kind {
                    case .drift, .phase, .push, .approval: true
                    case .condition, .clock, .guard, .hold, .stop, .claim, .confirmation,
                        .candidate:
                        false
                    }
                }
                let missing = names.map(\.name).joined(separator: ", ")
                unfinished.append("\(track) in \(state.stage ?? "?"): \(missing)")
                let isAlone = plan.deadApps.contains(track.app)
                if !isNamed, !isAlone {
                    violate(14, "\(track) stays in \(state.stage ?? "?"): \(missing)")
                }
            }
        }
    }

    /// Every decision again, to equal bytes, and every row in its chain.
    private func checkJournal() {
        // All of it costs more than the life that it looks at: each seed has its part.
        guard !plan.isBrief, plan.seed % 3 != 1 else { return }
        do {
            let reader = try ReadOnlyJournal(path: Self.path, vfs: disk.vfs)
            let verification = try reader.verify(expectedHead: head)
            if let fault = verification.faults.first {
                violate(8, "the journal does not verify: \(fault.what)")
            }
            if let fault = referee.recoveredAtEnd(try Self.rows(of: reader)) { violate(1, fault) }
            for full in plan.seed % 9 == 0 ? [false, true] : plan.seed % 3 == 0 ? [false] : [] {
                var replay = Replay(full: full)
                try reader.rows(after: 0) { row in
                    try replay.take(row.entry) { try reader.body($0) }
                    return true
                }
                try replay.finish { try reader.body($0) }
                if let divergence = replay.divergences.first {
                    violate(
                        8,
                        "tick \(divergence.tick) of \(divergence.track) replays otherwise"
                            + " (\(divergence.kind.rawValue)): \(divergence.recorded ?? "nothing")"
                            + " / \(divergence.now ?? "nothing")"
                    )
                }
            }
            if plan.seed % 3 == 2 { try tamper(reader) }
        } catch {
            violate(8, "the journal cannot be read: \(error)")
        }
    }

    /// Somebody changes one stored state behind everybody's back: `verify` must name it.
    private func tamper(_ reader: ReadOnlyJournal) throws {
        let decisions = referee.rows.count { if case .decision = $0 { true } else { false } }
        guard decisions > 0, violation == nil else { return }
        var dice = world.dice("tamper")
        let isDone = disk.tamper(
            with: Self.path,
            """
            UPDATE decision SET state = replace(state, '"revision":', '"revision":1')
            WHERE seq = (SELECT seq FROM decision ORDER BY seq LIMIT 1 OFFSET \(dice.below(decisions)))
            """
        )
        guard isDone else { return violate(0, "the journal could not be tampered with") }
        if try reader.verify().faults.isEmpty {
            violate(8, "a stored state was changed, and verify does not say so")
        }
    }

    private static func rows(of reader: ReadOnlyJournal) throws -> [Entry] {
        var rows: [Entry] = []
        try reader.rows(after: 0) { row in
            rows.append(row.entry)
            return true
        }
        return rows
    }

    func report() -> Report {
        var outcome = world.effects.filter { !$0.isBrake }.map {
            "\($0.track) \($0.action) \($0.parameters)"
        }
        outcome += referee.tracks.map { "\($0.key) \($0.value.state.stage ?? "nowhere")" }
        outcome.sort { $0.precedes($1) }
        return Report(
            plan: plan,
            violation: violation,
            trace: trace,
            steps: steps,
            calls: calls,
            commits: commits,
            commands: commandsWritten,
            operations: Int(disk.operations),
            lives: lives,
            rows: referee.rows.count,
            head: head,
            outcome: outcome,
            unfinished: unfinished,
            roads: referee.tracks.mapValues(\.road)
        )
    }
}
