internal import ConductorCore

/// `conductor.yaml` and what it includes, as read: backends are settled, apps are not yet bound.
struct ConfigurationDocument {
    var tick: Span = .minutes(1)
    var http: HTTPDefinition?
    var sources: [SourceText] = []
    var actions: [ActionText] = []
    var claims: [ClaimText] = []
    var calendars: [CalendarText] = []
    var apps: [AppText] = []
    /// Included files in which it cannot be known which apps they hold.
    var unreadable: [String] = []

    struct SourceText {
        var name: Word
        /// Nil where something in it is wrong: its facts are not known then.
        var definition: SourceDefinition?
        var source: ConductorFiles.SourceText
    }

    struct ActionText {
        var name: Word
        /// Nil where something in it is wrong.
        var definition: ActionDefinition?
        var source: ConductorFiles.SourceText
    }

    struct ClaimText {
        var limit: ClaimLimit
        var place: Place
        var source: ConductorFiles.SourceText
    }

    struct CalendarText {
        var name: Word
        /// Nil where something in it is wrong.
        var calendar: ReleaseCalendar?
        var source: ConductorFiles.SourceText
    }

    struct AppText {
        var name: Word
        var source: ConductorFiles.SourceText
        /// Path of its rule file as seen from the configuration, or nil: the one of `--rules`.
        var machine: Word?
        var platforms: [Word]
        var shadow: Bool
        var priority = 0
        /// Roles or sources that discover versions.
        var discover: [Word] = []
        var sources: [Binding]
        var actions: [Binding]
        var parameters: [RulesDocument.Parameter]
    }

    /// A name in rules, and what stands for it.
    struct Binding {
        var name: Word
        /// Where it stands for the same on every platform.
        var all: Word?
        var byPlatform: [(platform: Word, target: Word)]

        func target(on platform: String) -> Word? {
            all ?? byPlatform.first { $0.platform.text == platform }?.target
        }
    }
}
