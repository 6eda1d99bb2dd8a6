import Backlot
import ConductorCore
import ConductorJournal
import Foundation

/// The state directory of a demo: made anew, unless there is something in it that is no demo's.
enum DemoJournal {
    /// Opens an empty journal, and forgets the one of an earlier demo.
    ///
    /// - Throws: `Cannot` when a journal is there that no demo has written, or that is in use.
    static func open(in places: PlaceOptions) throws -> Journal {
        let manager = FileManager.default
        if manager.fileExists(atPath: places.journalPath) {
            guard isDemo(places.journalPath) else {
                throw Cannot(
                    "\(places.journalPath) is a journal that no demo has written, and it stays"
                        + " as it is; choose another directory with --state"
                )
            }
            // The old one is held while it goes, so that nobody is left writing to it.
            let old = try Journal(path: places.journalPath, holder: "demo", create: false)
            for suffix in ["", "-wal", "-shm"] {
                let file = places.journalPath + suffix
                if manager.fileExists(atPath: file) { try manager.removeItem(atPath: file) }
            }
            try old.close()
        }
        do {
            try manager.createDirectory(
                atPath: places.state,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw Cannot(
                "the state directory \(places.state) cannot be made: \(error.localizedDescription)"
            )
        }
        return try Journal(path: places.journalPath, holder: "demo", create: true)
    }

    /// Whether everything in a journal was registered by a demo's people, or by nobody.
    ///
    /// Their names begin with `demo:`; a person at the control socket is always `os:`.
    private static func isDemo(_ path: String) -> Bool {
        guard let reader = try? ReadOnlyJournal(path: path) else { return false }
        var isDemo = true
        var wasStarted = false
        let read: Void? = try? reader.rows(after: 0) { row in
            switch row.entry {
            case .discovery(let record): isDemo = isDemo && record.by.hasPrefix("demo:")
            case .command(let record):
                isDemo = isDemo && record.command.actor.hasPrefix("demo:")
            case .boot(let boot):
                isDemo = isDemo && boot.process == Demo.process
                wasStarted = true
            case .machine, .poll, .tick, .decision, .intent, .attempt, .outcome, .upkeep: break
            }
            return isDemo
        }
        return read != nil && isDemo && wasStarted
    }
}
