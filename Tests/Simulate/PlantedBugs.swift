#if CONDUCTOR_PLANTED_BUGS
    import ConductorCore
    import ConductorTesting

    /// The harness is tested itself: each known bug, planted alone, must be found.
    struct PlantedBugs {
        private let options: Options

        init(_ options: Options) { self.options = options }

        /// Prints which invariant found each bug, and after how many seeds.
        ///
        /// With `--known`, each runs at the one seed that is known to find it.
        func table(only names: [String]) throws {
            var missed: [String] = []
            var found = 0
            tell("bug".padded(28) + "seeds  invariant that found it")
            for bug in PlantedBug.allCases where names.isEmpty || names.contains(bug.rawValue) {
                if options.known, Self.seeds[bug] == nil {
                    tell(bug.rawValue.padded(28) + "no seed is known")
                    continue
                }
                unsafe PlantedBug.planted = bug
                defer { unsafe PlantedBug.planted = nil }
                guard let failure = try find(bug) else {
                    missed.append(bug.rawValue)
                    tell(bug.rawValue.padded(28) + "NOT FOUND")
                    continue
                }
                found += 1
                let seeds = "\(failure.plan.seed)".padded(7)
                let invariant = failure.violation.invariant
                let title = Invariant(rawValue: invariant)?.title ?? "the simulator's own"
                tell(bug.rawValue.padded(28) + seeds + "\(invariant) \(title)")
                if names.count == 1 { tell("\(failure.violation)") }
            }
            tell("\(found) planted bugs found")
            guard missed.isEmpty else {
                throw Failed(
                    words: "not found: \(missed.joined(separator: ", ")); look for the seeds that"
                        + " find them now: Scripts/simulate.sh bugs NAME..."
                )
            }
        }

        private func find(_ bug: PlantedBug) throws -> Campaign.Tally.Failure? {
            if options.known {
                guard let seed = Self.seeds[bug] else { return nil }
                let report = try Simulation(.random(seed: seed)).run()
                return report.violation.map { .init(plan: report.plan, violation: $0) }
            }
            let from = options.from
            let tally = try Campaign(options).run(options.seeds) { place in
                try Simulation(.random(seed: from + UInt64(place))).run()
            }
            return tally.failures.min { $0.plan.seed < $1.plan.seed }
        }

        /// The first seed that finds each bug, as `Scripts/simulate.sh bugs` prints them.
        private static let seeds: [PlantedBug: UInt64] = [
            .unknownCountsAsTrue: 1,
            .unknownCountsAsFalse: 1,
            .staleCountsAsFresh: 7,
            .backendClockIgnored: 3,
            .wrongSubjectAccepted: 2,
            .neighboursFactsTaken: 1,
            .secondLookForgotten: 1,
            .dwellNotReset: 1,
            .dwellForgotten: 1,
            .holdIgnored: 1,
            .driftIgnored: 5,
            .claimIgnored: 3,
            .oldClaimsForgotten: 3,
            .clockThatWasSetTrusted: 3,
            .quietWithoutEvidence: 2,
            .candidateMoves: 9,
            .creditNotReset: 10,
            .staleClickAccepted: 53,
            .lateClickAccepted: 5,
            .resumeUndoesPause: 16,
            .pauseOfPausedForgotten: 16,
            .manualFiresByItself: 1,
            .clickTakenTwice: 1,
            .probeSkipped: 1,
            .oneAbsenceIsEnough: 1,
            .quietPeriodSkipped: 1,
            .atMostOnceRepeated: 18,
            .keyReused: 1,
            .revalidationForgotten: 6,
            .blindGuardIsQuiet: 95,
            .guardStopsAtHold: 93,
            .heldActionsStart: 2,
            .performedBeforeWritten: 1,
            .stopFileIgnored: 10,
            .sharedEffectForgotten: 2,
            .openAttemptTakenAsFailed: 31,
            .openAttemptForgotten: 1,
            .outcomeDropped: 1,
            .syncTurnedOff: 1,
            .chainBroken: 2,
            .unrecordedInfluence: 3,
            .sameWrittenAgain: 1,
            .unknownToldAsUnmet: 1,
            .secretInBoot: 1,
            .verifyBlindToState: 2,
            .leafForgotten: 3,
            .approvalForgotten: 44,
        ]
    }

    extension String {
        fileprivate func padded(_ width: Int) -> String {
            self + String(repeating: " ", count: max(1, width - count))
        }
    }
#endif
