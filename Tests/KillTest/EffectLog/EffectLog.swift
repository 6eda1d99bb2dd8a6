#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The world that the kill test acts on: a file with one line for each effect.
///
///     effect-log perform FILE CLASS     adds the line "CLASS KEY ATTEMPT" and syncs it
///     effect-log probe FILE             0: KEY has a line, 1: it has none
///
/// Key and attempt come from the environment, as the conductor gives them. It takes its time before
/// and after, so that the conductor can be killed around the effect and not only at it.
@main
struct EffectLog {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count >= 3, let key = variable("CONDUCTOR_KEY") else {
            end(2, "effect-log perform FILE CLASS | probe FILE, with CONDUCTOR_KEY")
        }
        switch (arguments[1], arguments.count) {
        case ("perform", 4):
            let attempt = variable("CONDUCTOR_ATTEMPT") ?? "?"
            let pause = Pause(key: key, attempt: attempt)
            usleep(pause.before)
            append("\(arguments[3]) \(key) \(attempt)\n", to: arguments[2])
            usleep(pause.after)
            print("written")
        case ("probe", 3):
            exit(contains(key, in: arguments[2]) ? 0 : 1)
        default:
            end(2, "'\(arguments[1])' is neither 'perform FILE CLASS' nor 'probe FILE'")
        }
    }

    /// Microseconds to wait; other ones for each attempt, the same in every run.
    private struct Pause {
        var before: UInt32
        var after: UInt32

        init(key: String, attempt: String) {
            var hash: UInt32 = 2_166_136_261
            for byte in (key + attempt).utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
            before = hash % 40_000
            after = hash / 40_000 % 40_000
        }
    }

    /// One write, so that lines of two processes never mix; then the sync.
    private static func append(_ line: String, to path: String) {
        let file = unsafe open(path, O_WRONLY | O_APPEND | O_CREAT, 0o600)
        guard file >= 0 else { end(75, "cannot open \(path)") }
        let bytes = Array(line.utf8)
        guard unsafe write(file, bytes, bytes.count) == bytes.count, fsync(file) == 0 else {
            // Nobody knows what the file holds now.
            kill(getpid(), SIGKILL)
            return
        }
        close(file)
    }

    private static func contains(_ key: String, in path: String) -> Bool {
        let file = unsafe open(path, O_RDONLY)
        guard file >= 0 else { return false }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe read(file, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        close(file)
        return bytes.split(separator: UInt8(ascii: "\n")).contains { line in
            let words = line.split(separator: UInt8(ascii: " "))
            return words.count == 3 && words[1].elementsEqual(key.utf8)
        }
    }

    private static func variable(_ name: String) -> String? {
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }

    private static func end(_ status: CInt, _ message: String) -> Never {
        let line = Array("effect-log: \(message)\n".utf8)
        _ = unsafe line.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
        exit(status)
    }
}
