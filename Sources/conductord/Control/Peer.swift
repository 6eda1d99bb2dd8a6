import Glibc

/// Who is at the other end, as the operating system says it.
enum Peer {
    /// `os:NAME` of a user id; `os:UID` where it has no name.
    static func actor(uid: uid_t) -> String {
        var entry = unsafe passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16_384)
        let status = unsafe buffer.withUnsafeMutableBufferPointer { storage in
            guard let start = storage.baseAddress else { return Int32(-1) }
            return unsafe getpwuid_r(uid, &entry, start, storage.count, &found)
        }
        guard status == 0, let record = unsafe found, let name = unsafe record.pointee.pw_name
        else { return "os:\(uid)" }
        return unsafe "os:\(String(cString: name))"
    }

    /// The name of the user who runs this process.
    static var ownName: String { String(own.dropFirst("os:".count)) }

    /// The user who runs this process.
    static var own: String { actor(uid: getuid()) }
}
