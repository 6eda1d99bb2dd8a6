/// A release of one app on one platform: `music/ios/8.9.2`.
package struct TrackID: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var app: String
    package var platform: String
    package var version: String

    package init(app: String, platform: String, version: String) {
        self.app = app
        self.platform = platform
        self.version = version
    }

    /// Reads `app/platform/version`; nil when a part is missing or holds a character that is
    /// not a letter, a digit or one of `. _ + -`.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, parts.allSatisfy(Scope.isName) else { return nil }
        self.init(app: parts[0], platform: parts[1], version: parts[2])
    }

    package var description: String { "\(app)/\(platform)/\(version)" }
    package var release: ReleaseID { ReleaseID(app: app, version: version) }

    /// Orders by app, then version by its numeric parts, then platform.
    package static func < (left: TrackID, right: TrackID) -> Bool {
        if left.app != right.app { return left.app.precedes(right.app) }
        if left.version != right.version { return left.release.versionPrecedes(right.release) }
        return left.platform.precedes(right.platform)
    }
}

/// One version of one app, all platforms together: `music/8.9.2`.
package struct ReleaseID: Sendable, Hashable, CustomStringConvertible {
    package var app: String
    package var version: String

    package init(app: String, version: String) {
        self.app = app
        self.version = version
    }

    package var description: String { "\(app)/\(version)" }

    /// Compares dotted numeric parts as numbers, others by code point: 8.9.2 before 8.10.0.
    func versionPrecedes(_ other: ReleaseID) -> Bool {
        let mine = version.split(separator: ".")
        let others = other.version.split(separator: ".")
        for (left, right) in zip(mine, others) where left != right {
            if let leftNumber = UInt64(left), let rightNumber = UInt64(right) {
                if leftNumber != rightNumber { return leftNumber < rightNumber }
            } else {
                return String(left).precedes(String(right))
            }
        }
        return mine.count < others.count
    }
}

/// Where a fact, an action, a hold or a sign-off lives.
///
/// installation ⊃ app ⊃ release ⊃ track. What stands at a scope is visible to all below it.
package enum Scope: Sendable, Hashable, CustomStringConvertible {
    case installation
    case app(String)
    case release(ReleaseID)
    case track(TrackID)

    /// The level of a scope, without saying which one.
    package enum Level: String, Sendable, Hashable, Codable, CaseIterable {
        case installation, app, release, track
    }

    package var level: Level {
        switch self {
        case .installation: .installation
        case .app: .app
        case .release: .release
        case .track: .track
        }
    }

    /// `*`, `music`, `music/8.9.2`, `music/ios/8.9.2`.
    package var description: String {
        switch self {
        case .installation: "*"
        case .app(let app): app
        case .release(let release): release.description
        case .track(let track): track.description
        }
    }

    /// Reads what `description` writes.
    package init?(_ text: String) {
        if text == "*" {
            self = .installation
            return
        }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.allSatisfy(Self.isName) else { return nil }
        switch parts.count {
        case 1: self = .app(parts[0])
        case 2: self = .release(ReleaseID(app: parts[0], version: parts[1]))
        case 3:
            self = .track(TrackID(app: parts[0], platform: parts[1], version: parts[2]))
        default: return nil
        }
    }

    /// The scope of `level` around a track.
    package init(_ level: Level, around track: TrackID) {
        switch level {
        case .installation: self = .installation
        case .app: self = .app(track.app)
        case .release: self = .release(track.release)
        case .track: self = .track(track)
        }
    }

    /// Whether what stands at this scope is visible to `track`.
    package func contains(_ track: TrackID) -> Bool {
        switch self {
        case .installation: true
        case .app(let app): app == track.app
        case .release(let release): release == track.release
        case .track(let other): other == track
        }
    }

    static func isName(_ text: String) -> Bool {
        !text.isEmpty && text != "." && text != ".."
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
                    UInt8(ascii: "+"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}

extension String {
    /// Order by UTF-8 bytes, which is code point order; Swift's `<` goes by canonical equivalence.
    package func precedes(_ other: String) -> Bool {
        utf8.lexicographicallyPrecedes(other.utf8)
    }
}
