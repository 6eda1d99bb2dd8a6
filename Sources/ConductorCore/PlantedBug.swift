#if CONDUCTOR_PLANTED_BUGS
    /// A bug that the simulator must find: switched on one at a time, in builds for tests alone.
    ///
    /// No other build has any of it; `Scripts/simulate.sh` looks into the release's program for its
    /// name.
    package enum PlantedBug: String, Sendable, CaseIterable {
        // What is known.
        case unknownCountsAsTrue, unknownCountsAsFalse, staleCountsAsFresh, backendClockIgnored
        case wrongSubjectAccepted, neighboursFactsTaken
        // What a transition needs.
        case secondLookForgotten, dwellNotReset, dwellForgotten, holdIgnored, driftIgnored
        case claimIgnored, oldClaimsForgotten, clockThatWasSetTrusted, blindGuardIsQuiet
        case quietWithoutEvidence, uncertainRaiseForgotten, candidateMoves
        // Guards and credit.
        case guardWaitsForQuietPeriod, guardStopsAtHold, creditForDowntime, creditNotReset
        // People.
        case staleClickAccepted, lateClickAccepted, resumeUndoesPause, pauseOfPausedForgotten
        case manualFiresByItself, clickTakenTwice
        // Acting.
        case probeSkipped, oneAbsenceIsEnough, quietPeriodSkipped, atMostOnceRepeated, keyReused
        case revalidationForgotten, performedBeforeWritten, stopFileIgnored, heldActionsStart
        case sharedEffectForgotten, openAttemptTakenAsFailed, openAttemptForgotten, outcomeDropped
        // The journal, and what is told.
        case syncTurnedOff, chainBroken, unrecordedInfluence, sameWrittenAgain, unknownToldAsUnmet
        case secretInBoot, verifyBlindToState, leafForgotten, approvalForgotten

        /// The bug that is switched on.
        ///
        /// Unchecked: it is set before a simulation begins, and stays as it is while any runs.
        package nonisolated(unsafe) static var planted: PlantedBug?

        package var isPlanted: Bool { unsafe Self.planted == self }
    }
#endif
