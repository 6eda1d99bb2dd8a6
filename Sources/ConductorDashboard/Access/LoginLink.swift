package import ConductorCore
import Foundation
import Glibc

/// A link that lets its holder in once: a file of the state directory that only its owner can make.
///
/// The file is named by the hash of the link's secret, and taking it away is what uses it: of two who
/// come at once, one is let in.
package struct LoginLink: Sendable {
    /// Who made it.
    package var maker: String
    package var expires: Instant

    package static let lifetime = Span.minutes(5)

    private static func folder(in state: String) -> String { state + "/login" }

    /// Makes a link, and returns its secret.
    ///
    /// - Throws: `TokenBook.Unreadable` where it cannot be written.
    package static func make(by maker: String, in state: String, at now: Instant) throws -> String {
        let folder = folder(in: state)
        if unsafe mkdir(folder, 0o700) != 0, errno != EEXIST {
            throw TokenBook.Unreadable(description: "\(folder) cannot be made")
        }
        let secret = Secret.make()
        let path = folder + "/" + Secret.hash(secret)
        let expires = now + lifetime
        let document: JSON = ["maker": .string(maker), "expires": JSON(expires)]
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
        guard file >= 0 else {
            throw TokenBook.Unreadable(description: "a file in \(folder) cannot be made")
        }
        defer { close(file) }
        let bytes = document.canonicalBytes
        let written = unsafe bytes.withUnsafeBytes { unsafe write(file, $0.baseAddress, $0.count) }
        guard written == bytes.count else {
            unsafe unlink(path)
            throw TokenBook.Unreadable(description: "a file in \(folder) cannot be written")
        }
        return secret
    }

    /// Uses a link up; nil where there is none of this secret, or its time is over.
    static func use(_ secret: String, in state: String, at now: Instant) -> LoginLink? {
        let path = folder(in: state) + "/" + Secret.hash(secret)
        var status = stat()
        guard unsafe lstat(path, &status) == 0, status.st_uid == geteuid(),
            status.st_mode & 0o077 == 0, status.st_mode & S_IFMT == S_IFREG,
            let data = FileManager.default.contents(atPath: path), unsafe unlink(path) == 0,
            let document = try? JSON(parsing: Array(data)),
            let maker = document["maker"]?.stringValue,
            let expires = document["expires"]?.stringValue.flatMap(Instant.init(rfc3339:)),
            now < expires
        else { return nil }
        return LoginLink(maker: maker, expires: expires)
    }

    /// Takes away links whose time is over.
    package static func sweep(in state: String, at now: Instant) {
        let folder = folder(in: state)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names {
            let path = folder + "/" + name
            let text = FileManager.default.contents(atPath: path).map(Array.init) ?? []
            let expires = (try? JSON(parsing: text))?["expires"]?.stringValue
                .flatMap(Instant.init(rfc3339:))
            if expires.map({ $0 <= now }) ?? true { unsafe unlink(path) }
        }
    }
}
