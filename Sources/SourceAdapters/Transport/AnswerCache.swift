import ConductorCore
import NIOHTTP1
import Synchronization

/// Last answers with an ETag, for conditional requests; bounded in bytes, the longest unused goes first.
final class AnswerCache: Sendable {
    struct Entry: Sendable {
        var tag: String
        var headers: HTTPHeaders
        var body: [UInt8]
    }

    private struct State {
        var entries: [String: (entry: Entry, used: Int)] = [:]
        var bytes = 0
        var clock = 0
    }

    private let capacity: Int
    private let state = Mutex(State())

    /// All backends of the process share it.
    static let shared = AnswerCache(capacity: AdapterLimits.rememberedBytes)

    init(capacity: Int) { self.capacity = capacity }

    /// Bytes of what is remembered.
    var bytes: Int { state.withLock { $0.bytes } }

    func entry(for key: String) -> Entry? {
        state.withLock { state in
            state.clock += 1
            state.entries[key]?.used = state.clock
            return state.entries[key]?.entry
        }
    }

    func remember(_ entry: Entry, for key: String) {
        let size = Self.size(key, entry)
        state.withLock { state in
            Self.remove(key, &state)
            guard size <= capacity / 4, entry.tag.utf8.count <= 1_024 else { return }
            while state.bytes + size > capacity
                || state.entries.count >= AdapterLimits.rememberedAnswers
            {
                guard let oldest = state.entries.min(by: { $0.value.used < $1.value.used }) else {
                    break
                }
                Self.remove(oldest.key, &state)
            }
            state.clock += 1
            state.entries[key] = (entry, state.clock)
            state.bytes += size
        }
    }

    func forget(_ key: String) { state.withLock { Self.remove(key, &$0) } }

    private static func remove(_ key: String, _ state: inout State) {
        guard let old = state.entries.removeValue(forKey: key) else { return }
        state.bytes -= size(key, old.entry)
    }

    private static func size(_ key: String, _ entry: Entry) -> Int {
        key.utf8.count + entry.body.count
            + entry.headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
    }
}
