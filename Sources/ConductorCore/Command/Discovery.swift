/// What a listing of an app's versions on a platform comes to: which of them are news.
///
/// Only what is above the baseline is: what was there before the conductor looked for the first time is
/// other people's, until one of them registers it.
package struct Discovery: Sendable {
    private let app: String
    private let platform: String
    /// The highest versions that first looks found; empty for none.
    private let baselines: [String]

    package init(app: String, platform: String, baselines: [String]) {
        self.app = app
        self.platform = platform
        self.baselines = baselines
    }

    /// The highest version of a first listing; empty where it shows none.
    package static func baseline(of listed: [String]) -> String {
        listed.filter(isVersion).max { precedes($0, $1) } ?? ""
    }

    /// The tracks to be registered, the lowest version first.
    package func news(
        in listed: [String],
        isKnown: (TrackID) -> Bool
    ) -> [TrackID] {
        let versions = Set(listed.filter(Self.isVersion)).filter { version in
            baselines.allSatisfy { $0.isEmpty || Self.precedes($0, version) }
        }
        let tracks = versions.map { TrackID(app: app, platform: platform, version: $0) }
            .filter { !isKnown($0) }.sorted()
        return Array(tracks.prefix(Limits.discoveriesAtOnce))
    }

    /// A version begins with a digit: `release/next` is none.
    private static func isVersion(_ text: String) -> Bool {
        guard let first = text.utf8.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
        else { return false }
        return Scope.isName(text)
    }

    private static func precedes(_ left: String, _ right: String) -> Bool {
        ReleaseID(app: "", version: left).versionPrecedes(ReleaseID(app: "", version: right))
    }
}
