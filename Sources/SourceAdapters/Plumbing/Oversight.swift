#if CONDUCTOR_PLANTED_BUGS
    /// What is forgotten of the stores' quirks: switched on one at a time, in builds for tests alone, to see
    /// that the quirk's scenario notices.
    ///
    /// No other build has any of it.
    enum Oversight: String, Sendable, CaseIterable {
        // Google Play.
        case heldBackByItself, heldBackAlways, heldBackIsLive, settingTakenForStanding
        case lostEditEndsIt, remedyForgotten
        case completedIsOdd, everythingCanBeHalted, resumedAtOnePercent, runningIsReplaced
        case notesUncut, fractionKept, priorityForgotten
        // App Store Connect.
        case processingIsUsable, declaredTwiceFails, missingVersionIsFinal, cancellingIsOver
        case everyReviewBlocks, foreignItemsAreSent, refusalsNeverHeal, unfoundIsFinal
        case refusalsAlwaysHeal, buildSwappedInReview, appleReleaseIsReview, liveIsNotApproved
        case submittedAgain, approvedIsWithdrawn, dayRunsOn, budgetWithoutEnd, refusalIsFinal
        case expiredIsUsable, lostAnswerIsDone

        /// The one that is switched on.
        ///
        /// Unchecked: tests that switch one on run one after the other.
        nonisolated(unsafe) static var planted: Oversight?

        var isPlanted: Bool { unsafe Self.planted == self }
    }
#endif
