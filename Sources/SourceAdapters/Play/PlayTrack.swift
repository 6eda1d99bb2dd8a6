import ConductorCore
import ConductorPorts

/// A track as an edit shows it: `production`, `internal`, `wear:production`.
struct PlayTrack: Sendable {
    let name: String
    /// Nil where the answer says nothing of releases, as of a track that never had one.
    let releases: [PlayRelease]?

    init(_ json: JSON) throws(APIProblem) {
        name = try json.text("track")
        guard json["releases"] != nil else {
            releases = nil
            return
        }
        var releases: [PlayRelease] = []
        for release in try json.list("releases") { releases.append(try PlayRelease(release)) }
        self.releases = releases
    }
}

/// One release of a track.
struct PlayRelease: Sendable {
    enum Status: String, Sendable {
        case draft
        case inProgress
        case halted
        case completed
    }

    /// As it was read: it is put back like this.
    let json: JSON
    let name: String?
    /// Nil for a word that nobody knows.
    let status: Status?
    /// Nil where it is missing, or is no share of users.
    let fraction: Double?
    /// In order of size; empty where the answer says none.
    let codes: [Int64]

    init(_ json: JSON) throws(APIProblem) {
        self.json = json
        name = try json.textIfAny("name")
        status = try json.textIfAny("status").flatMap(Status.init)
        fraction = try json["userFraction"].flatMap { value throws(APIProblem) -> Double? in
            guard let number = value.number else {
                throw APIProblem(.malformed, "a user fraction that is no number")
            }
            return number > 0 && number < 1 ? number : nil
        }
        codes =
            try json["versionCodes"].map { _ throws(APIProblem) -> [Int64] in
                try Self.codes(try json.list("versionCodes"))
            } ?? []
    }

    /// Version codes, which come as texts.
    static func codes(_ list: [JSON]) throws(APIProblem) -> [Int64] {
        var codes: [Int64] = []
        for element in list {
            guard let code = element.stringValue.flatMap({ Int64($0) }), code > 0 else {
                throw APIProblem(.malformed, "a version code that is none")
            }
            codes.append(code)
        }
        return codes.sorted()
    }

    var isStaged: Bool { status == .inProgress || status == .halted }

    /// For people: `80902 (inProgress, 0.01)`.
    var summary: String {
        let codes = codes.map { String($0) }.joined(separator: "+")
        let status = status?.rawValue ?? "of unknown status"
        return "\(codes.isEmpty ? name ?? "a release" : codes) (\(status)"
            + (fraction.map { ", \($0)" } ?? "") + ")"
    }

    /// This release with another status and fraction, and all else as it was read.
    func changed(to status: Status, fraction: Double?) -> JSON {
        var members = json.objectValue ?? [:]
        members["status"] = .string(status.rawValue)
        members["userFraction"] = fraction.map { .double($0) }
        return .object(members)
    }
}

extension JSON {
    /// A number, whole or not.
    var number: Double? {
        switch self {
        case .int(let number): Double(number)
        case .double(let number): number
        case .null, .bool, .string, .array, .object: nil
        }
    }
}

/// How a release is told to be a version's: by its name.
///
/// The name is the version's, or begins with it and a blank. Google gives a release the name of the version
/// unless somebody names it. A word of the name that is a commit's says which commit it is.
struct PlayReleaseName: Sendable {
    let name: String

    func matches(_ other: String) -> Bool { other == name || other.hasPrefix(name + " ") }

    /// The commit that a release's name tells.
    static func commit(in name: String) -> String? {
        let commits = name.split { !($0.isLetter || $0.isNumber) }.map(String.init)
            .filter { GitRepository.isObjectName($0) }
        return commits.count == 1 ? commits[0] : nil
    }

    /// What is found among releases.
    enum Finding<Release> {
        case found(Release)
        case absent
        /// A release without a name could be the one.
        case unclear
    }

    /// Of those with the name the one with the highest code.
    func find<Release>(
        in releases: [Release],
        name: (Release) -> String?,
        codes: (Release) -> [Int64]
    ) -> Finding<Release> {
        let found = releases.filter { name($0).map(matches) ?? false }
            .max { (codes($0).max() ?? 0) < (codes($1).max() ?? 0) }
        if let found { return .found(found) }
        return releases.contains { name($0) == nil } ? .unclear : .absent
    }
}
