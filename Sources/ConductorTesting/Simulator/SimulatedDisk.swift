import SimulationKernel

/// A disk in memory that forgets, at a loss of power, what was not synced.
@safe
package final class SimulatedDisk {
    private let disk: OpaquePointer

    package init(seed: UInt64) { unsafe disk = sim_disk_make(seed) }

    deinit { unsafe sim_disk_free(disk) }

    /// The name by which SQLite finds it.
    package var vfs: String { unsafe String(cString: sim_disk_vfs(disk)) }
    /// Writes and syncs so far.
    package var operations: Int64 { unsafe sim_disk_operations(disk) }
    package var syncs: Int64 { unsafe sim_disk_syncs(disk) }
    package var isDown: Bool { unsafe sim_disk_is_down(disk) }

    /// Bytes that a loss of power would take from the files whose name ends so.
    package func unsynced(_ suffix: String) -> Int64 { unsafe sim_disk_unsynced(disk, suffix) }

    /// The power goes right before the operation of this number.
    package func fail(at operation: Int64) { unsafe sim_disk_fail_at(disk, operation) }

    /// Whether a text stands anywhere on the disk.
    package func holds(_ text: String) -> Bool { unsafe sim_disk_holds(disk, text) }

    /// Changes the database behind everybody's back; false when the statement changes nothing.
    package func tamper(with path: String, _ sql: String) -> Bool {
        unsafe sim_disk_tamper(disk, path, sql)
    }

    package func goDown() { unsafe sim_disk_go_down(disk) }

    /// The power comes back.
    package func comeUp(_ loss: Loss) { unsafe sim_disk_come_up(disk, loss.kind) }

    /// What a loss of power takes of the writes that were not synced.
    package enum Loss: Sendable, CaseIterable {
        /// Nothing: a process ended, the machine did not.
        case nothing
        case everything
        /// All after some point, where a write may be torn.
        case tail
        /// Any of them, in any order, whole or torn.
        case any

        fileprivate var kind: SimLoss {
            switch self {
            case .nothing: .none
            case .everything: .all
            case .tail: .tail
            case .any: .any
            }
        }
    }
}
