/// The states of a version.
///
/// A word that is not here is unknown, whatever it may mean; so it is with all states here.
enum AppStoreVersionState: String, Sendable, CaseIterable {
    case accepted = "ACCEPTED"
    case developerRejected = "DEVELOPER_REJECTED"
    case inReview = "IN_REVIEW"
    case invalidBinary = "INVALID_BINARY"
    case metadataRejected = "METADATA_REJECTED"
    case pendingAppleRelease = "PENDING_APPLE_RELEASE"
    case pendingDeveloperRelease = "PENDING_DEVELOPER_RELEASE"
    case prepareForSubmission = "PREPARE_FOR_SUBMISSION"
    case processingForDistribution = "PROCESSING_FOR_DISTRIBUTION"
    case readyForDistribution = "READY_FOR_DISTRIBUTION"
    case readyForReview = "READY_FOR_REVIEW"
    case rejected = "REJECTED"
    case replacedWithNewVersion = "REPLACED_WITH_NEW_VERSION"
    case waitingForExportCompliance = "WAITING_FOR_EXPORT_COMPLIANCE"
    case waitingForReview = "WAITING_FOR_REVIEW"

    /// How far a version is on its way; all that actions and facts tell apart.
    enum Progress: Sendable {
        /// People or we may still change it.
        case open
        /// Apple does not take it: open again, with another build.
        case refused
        /// With Apple.
        case inReview
        /// Approved, and waits for the word to go.
        case approved
        /// On its way to people, or with them.
        case released
        /// A newer one took its place.
        case replaced
    }

    var progress: Progress {
        #if CONDUCTOR_PLANTED_BUGS
            if Oversight.appleReleaseIsReview.isPlanted, self == .pendingAppleRelease {
                return .inReview
            }
        #endif
        return switch self {
        case .prepareForSubmission, .readyForReview, .developerRejected: .open
        case .rejected, .metadataRejected, .invalidBinary: .refused
        // Accepted while other parts of its submission are still looked at: nothing can be released.
        case .waitingForReview, .inReview, .waitingForExportCompliance, .accepted: .inReview
        case .pendingDeveloperRelease: .approved
        case .pendingAppleRelease, .processingForDistribution, .readyForDistribution: .released
        case .replacedWithNewVersion: .replaced
        }
    }

    /// The role's fact `review`.
    var review: String {
        #if CONDUCTOR_PLANTED_BUGS
            if Oversight.liveIsNotApproved.isPlanted, progress == .released { return "none" }
        #endif
        return switch progress {
        case .open: "none"
        case .refused: "rejected"
        case .inReview: "in_review"
        // With a release right after approval nobody waits: who is live was approved.
        case .approved, .released, .replaced: "approved"
        }
    }
}

/// The states of a phased release.
enum AppStorePhasedState: String, Sendable, CaseIterable {
    case inactive = "INACTIVE"
    case active = "ACTIVE"
    case paused = "PAUSED"
    case complete = "COMPLETE"
}

/// The states of a review submission.
enum AppStoreSubmissionState: String, Sendable, CaseIterable {
    case readyForReview = "READY_FOR_REVIEW"
    case waitingForReview = "WAITING_FOR_REVIEW"
    case inReview = "IN_REVIEW"
    case unresolvedIssues = "UNRESOLVED_ISSUES"
    case canceling = "CANCELING"
    case completing = "COMPLETING"
    case complete = "COMPLETE"
}

/// The states of what a submission holds.
enum AppStoreItemState: String, Sendable, CaseIterable {
    case readyForReview = "READY_FOR_REVIEW"
    case accepted = "ACCEPTED"
    case approved = "APPROVED"
    case rejected = "REJECTED"
    case removed = "REMOVED"
}

/// The states of a build that was uploaded.
enum AppStoreProcessingState: String, Sendable, CaseIterable {
    case processing = "PROCESSING"
    case failed = "FAILED"
    case invalid = "INVALID"
    case valid = "VALID"
}
