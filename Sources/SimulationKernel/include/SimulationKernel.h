// The ground that the simulator stands on: a disk that forgets what was not synced, and a thread
// that runs every task of a simulation in order. For tests alone.
#ifndef SIMULATION_KERNEL_H
#define SIMULATION_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// MARK: The disk

/// A disk in memory; its files outlive the connections to them, and a loss of power.
typedef struct SimDisk SimDisk;

/// What becomes of a write that was not synced when the power goes.
typedef enum __attribute__((enum_extensibility(closed))) : uint32_t {
    /// All of them are lost.
    SimLossAll = 0,
    /// A prefix of them was kept, the last one torn.
    SimLossTail = 1,
    /// Any of them was kept, in any order, each whole or torn.
    SimLossAny = 2,
    /// None is lost: a process ended, the machine did not.
    SimLossNone = 3,
} SimLoss;

/// Makes an empty disk; `seed` decides what a loss of power takes.
SimDisk *sim_disk_make(uint64_t seed);
void sim_disk_free(SimDisk *disk);

/// The name of the disk's VFS, for `?vfs=`.
const char *sim_disk_vfs(const SimDisk *disk);

/// Writes and syncs so far.
int64_t sim_disk_operations(const SimDisk *disk);
int64_t sim_disk_syncs(const SimDisk *disk);

/// Bytes of the files whose name ends in `suffix` that were written and not synced.
int64_t sim_disk_unsynced(const SimDisk *disk, const char *suffix);

/// Whether a text stands anywhere in the files.
bool sim_disk_holds(const SimDisk *disk, const char *text);

/// Changes the database at `path` behind everybody's back; false when the statement fails.
bool sim_disk_tamper(SimDisk *disk, const char *path, const char *sql);

/// The power goes before this operation (counted from 1; 0: never).
void sim_disk_fail_at(SimDisk *disk, int64_t operation);
bool sim_disk_is_down(const SimDisk *disk);

/// The power goes now: whoever has a file open gets errors from here on.
void sim_disk_go_down(SimDisk *disk);

/// The power comes back; what was not synced is lost as `loss` says.
void sim_disk_come_up(SimDisk *disk, SimLoss loss);

// MARK: The thread

/// From here on, tasks that begin on this thread stay on it, in order of their beginning.
void sim_thread_enter(void);
/// Tasks of this thread go where all tasks go again; what is left in the queue is dropped.
void sim_thread_leave(void);
/// Runs the next piece of a task; false when none is left.
bool sim_thread_step(void);

#pragma clang assume_nonnull end

#endif
