package import ConductorCore
import Foundation
import Glibc

/// A token by which a program, or a person, is let in: what is kept of it.
package struct APIToken: Sendable, Equatable {
    /// Unique among those that were ever made.
    package var name: String
    /// SHA-256 of the token.
    package var hash: String
    package var grant: AccessGrant
    package var created: Instant
    package var expires: Instant
    package var revoked: Instant?

    package init(
        name: String,
        hash: String,
        grant: AccessGrant,
        created: Instant,
        expires: Instant,
        revoked: Instant? = nil
    ) {
        self.name = name
        self.hash = hash
        self.grant = grant
        self.created = created
        self.expires = expires
        self.revoked = revoked
    }

    /// Tokens begin with this, so that scanners for leaked secrets know them.
    package static let prefix = "conductord_"

    /// Whether it lets in at a moment.
    package func isGood(at now: Instant) -> Bool { revoked == nil && now < expires }

    /// `good`, `expired` or `revoked`.
    package func standing(at now: Instant) -> String {
        revoked != nil ? "revoked" : now < expires ? "good" : "expired"
    }
}

/// The tokens of an installation: a file of the state directory that its owner alone can read.
package struct TokenBook: Sendable, Equatable {
    /// In the order in which they were made.
    package var tokens: [APIToken] = []

    /// Why there is no book.
    package struct Unreadable: Error, CustomStringConvertible {
        package var description: String
    }

    package init() {}

    /// The file in a state directory.
    package static func path(in state: String) -> String { state + "/tokens.json" }

    /// Reads the book; an empty one where there is no file.
    ///
    /// - Throws: `Unreadable`, also where others than its owner could have written it.
    package init(path: String) throws {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw Unreadable(description: "\(path) cannot be read")
        }
        guard status.st_mode & 0o077 == 0, status.st_uid == geteuid() else {
            throw Unreadable(
                description:
                    "\(path) is not its owner's alone: chmod 600, and look at what is in it"
            )
        }
        guard let data = FileManager.default.contents(atPath: path),
            let document = try? JSON(parsing: Array(data)),
            let items = document["tokens"]?.arrayValue
        else { throw Unreadable(description: "\(path) cannot be read as tokens") }
        for item in items {
            guard let token = APIToken(json: item) else {
                throw Unreadable(description: "\(path) holds something that is no token")
            }
            tokens.append(token)
        }
    }

    /// Writes the book in place of the one before, whole or not at all.
    ///
    /// - Throws: `Unreadable` where it cannot be written.
    package func write(to path: String) throws {
        let document: JSON = ["version": 1, "tokens": .array(tokens.map(\.stored))]
        let scratch = path + ".new"
        unsafe unlink(scratch)
        let file = unsafe open(scratch, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw Unreadable(description: "\(scratch) cannot be made") }
        let bytes = document.canonicalBytes + [UInt8(ascii: "\n")]
        let written = unsafe bytes.withUnsafeBytes {
            unsafe Glibc.write(file, $0.baseAddress, $0.count)
        }
        let isSafe = written == bytes.count && fsync(file) == 0
        close(file)
        guard isSafe, unsafe rename(scratch, path) == 0 else {
            unsafe unlink(scratch)
            throw Unreadable(description: "\(path) cannot be written")
        }
        try Self.syncFolder(of: path)
    }

    /// A revocation that was acknowledged outlives a loss of power only when the folder knows the new
    /// file.
    private static func syncFolder(of path: String) throws {
        let name = URL(filePath: path).deletingLastPathComponent().path()
        let folder = unsafe open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw Unreadable(description: "\(name) cannot be opened") }
        defer { close(folder) }
        guard fsync(folder) == 0 else {
            throw Unreadable(description: "\(name) cannot be synced: what was written may be lost")
        }
    }

    /// Changes the book while nobody else does.
    ///
    /// - Throws: `Unreadable`, and what `change` throws.
    package static func change<Result>(
        at path: String,
        _ change: (inout TokenBook) throws -> Result
    ) throws -> Result {
        let lock = unsafe open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw Unreadable(description: "\(path).lock cannot be made") }
        defer { close(lock) }
        guard flock(lock, LOCK_EX) == 0 else {
            throw Unreadable(description: "\(path).lock cannot be had")
        }
        var book = try TokenBook(path: path)
        let result = try change(&book)
        try book.write(to: path)
        return result
    }

    /// The token of this secret, good or not.
    func token(of secret: String) -> APIToken? {
        let hash = Secret.hash(secret)
        return tokens.first { $0.hash == hash }
    }
}

extension APIToken {
    /// As it is kept.
    fileprivate var stored: JSON {
        var document = json
        document.set("hash", .string(hash))
        return document
    }

    /// As it is listed: without what stands for the secret.
    package var json: JSON {
        [
            "name": .string(name), "role": .string(grant.role.rawValue),
            "apps": grant.apps.map { JSON($0) } ?? .null, "created": JSON(created),
            "expires": JSON(expires), "revoked": JSON(revoked),
        ]
    }

    fileprivate init?(json: JSON) {
        guard let name = json["name"]?.stringValue, let hash = json["hash"]?.stringValue,
            let role = json["role"]?.stringValue.flatMap(AccessRole.init(rawValue:)),
            let created = json["created"]?.stringValue.flatMap(Instant.init(rfc3339:)),
            let expires = json["expires"]?.stringValue.flatMap(Instant.init(rfc3339:)),
            hash.utf8.count == 64
        else { return nil }
        let apps = json["apps"]?.arrayValue
        // Who may do less than is understood, may do nothing.
        if let apps, apps.contains(where: { $0.stringValue == nil }) { return nil }
        if apps == nil, json["apps"] != .null { return nil }
        self.init(
            name: name,
            hash: hash,
            grant: AccessGrant(role: role, apps: apps?.compactMap(\.stringValue)),
            created: created,
            expires: expires
        )
        if let text = json["revoked"]?.stringValue {
            guard let instant = Instant(rfc3339: text) else { return nil }
            revoked = instant
        }
    }
}
