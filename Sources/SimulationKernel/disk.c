#define _GNU_SOURCE
#include "SimulationKernel.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A VFS for SQLite whose files live in memory. Each file is kept twice: as programs see it, and as
// it would be after a loss of power with nothing but the synced writes; the writes between the two
// are kept one by one, so that any part of them can be lost.

enum { sectorBytes = 512, shmRegions = 64, shmLocks = 8, fileLimit = 16 };

typedef struct { int64_t offset; int64_t length; bool isTruncation; unsigned char *bytes; } Write;
typedef struct { unsigned char *bytes; int64_t length, capacity; } Content;

typedef struct {
    char *name;
    bool exists, existsDurably;
    Content seen, synced;
    Write *writes;
    int writeCount, writeCapacity;
    // Locks of the open handles.
    int shared;
    bool reserved, pending, exclusive;
    void *regions[shmRegions];
    int shmShared[shmLocks];
    bool shmExclusive[shmLocks];
    int shmUsers;
} File;

struct SimDisk {
    sqlite3_vfs vfs;
    char name[32];
    File *files[fileLimit];
    int fileCount;
    uint64_t dice;
    int64_t operations, syncs, failAt;
    bool isDown;
    // Handles of an earlier power-up are dead.
    int64_t life;
};

typedef struct {
    sqlite3_file base;
    SimDisk *disk;
    File *file;
    int64_t life;
    int level;
    bool deletesOnClose, usesShm;
    unsigned shmShared, shmExclusive;
} Handle;

// MARK: Contents

static uint64_t throwDice(SimDisk *disk) {
    uint64_t mixed = (disk->dice += 0x9E3779B97F4A7C15ull);
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9ull;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBull;
    return mixed ^ (mixed >> 31);
}

static void resize(Content *content, int64_t length) {
    if (length > content->capacity) {
        int64_t capacity = content->capacity ? content->capacity : 4096;
        while (capacity < length) capacity *= 2;
        content->bytes = realloc(content->bytes, (size_t)capacity);
        content->capacity = capacity;
    }
    if (length > content->length)
        memset(content->bytes + content->length, 0, (size_t)(length - content->length));
    content->length = length;
}

static void put(Content *content, int64_t offset, const unsigned char *bytes, int64_t length) {
    if (offset + length > content->length) resize(content, offset + length);
    memcpy(content->bytes + offset, bytes, (size_t)length);
}

static void copy(Content *to, const Content *from) {
    to->length = 0;
    resize(to, from->length);
    if (from->length) memcpy(to->bytes, from->bytes, (size_t)from->length);
}

static void remember(File *file, Write write) {
    if (file->writeCount == file->writeCapacity) {
        file->writeCapacity = file->writeCapacity ? file->writeCapacity * 2 : 16;
        file->writes = realloc(file->writes, (size_t)file->writeCapacity * sizeof(Write));
    }
    file->writes[file->writeCount++] = write;
}

static void forgetWrites(File *file) {
    for (int i = 0; i < file->writeCount; i++) free(file->writes[i].bytes);
    file->writeCount = 0;
}

static void apply(Content *content, const Write *write, int64_t length) {
    if (write->isTruncation) resize(content, write->offset);
    else if (length) put(content, write->offset, write->bytes, length);
}

static void sync(File *file) {
    for (int i = 0; i < file->writeCount; i++)
        apply(&file->synced, &file->writes[i], file->writes[i].length);
    forgetWrites(file);
    file->existsDurably = file->exists;
}

static File *find(SimDisk *disk, const char *name, bool make) {
    for (int i = 0; i < disk->fileCount; i++)
        if (!strcmp(disk->files[i]->name, name)) return disk->files[i];
    if (!make || disk->fileCount == fileLimit) return NULL;
    File *file = calloc(1, sizeof(File));
    file->name = strdup(name);
    disk->files[disk->fileCount++] = file;
    return file;
}

static bool isDead(const Handle *handle) {
    return handle->disk->isDown || handle->life != handle->disk->life;
}

/// Counts an operation; the power may go right before it.
static bool reaches(Handle *handle) {
    if (isDead(handle)) return false;
    SimDisk *disk = handle->disk;
    if (++disk->operations == disk->failAt) sim_disk_go_down(disk);
    return !disk->isDown;
}

// MARK: Files

static int simRead(sqlite3_file *base, void *buffer, int amount, sqlite3_int64 offset) {
    Handle *handle = (Handle *)base;
    if (isDead(handle)) return SQLITE_IOERR_READ;
    Content *seen = &handle->file->seen;
    int64_t there = seen->length - offset;
    if (there >= amount) {
        memcpy(buffer, seen->bytes + offset, (size_t)amount);
        return SQLITE_OK;
    }
    memset(buffer, 0, (size_t)amount);
    if (there > 0) memcpy(buffer, seen->bytes + offset, (size_t)there);
    return SQLITE_IOERR_SHORT_READ;
}

static int simWrite(sqlite3_file *base, const void *bytes, int amount, sqlite3_int64 offset) {
    Handle *handle = (Handle *)base;
    if (!reaches(handle)) return SQLITE_IOERR_WRITE;
    put(&handle->file->seen, offset, bytes, amount);
    unsigned char *kept = malloc((size_t)amount);
    memcpy(kept, bytes, (size_t)amount);
    remember(handle->file, (Write){offset, amount, false, kept});
    return SQLITE_OK;
}

static int simTruncate(sqlite3_file *base, sqlite3_int64 length) {
    Handle *handle = (Handle *)base;
    if (!reaches(handle)) return SQLITE_IOERR_TRUNCATE;
    resize(&handle->file->seen, length);
    remember(handle->file, (Write){length, 0, true, NULL});
    return SQLITE_OK;
}

static int simSync(sqlite3_file *base, int flags) {
    (void)flags;
    Handle *handle = (Handle *)base;
    if (!reaches(handle)) return SQLITE_IOERR_FSYNC;
    handle->disk->syncs++;
    sync(handle->file);
    return SQLITE_OK;
}

static int simFileSize(sqlite3_file *base, sqlite3_int64 *length) {
    Handle *handle = (Handle *)base;
    if (isDead(handle)) return SQLITE_IOERR_FSTAT;
    *length = handle->file->seen.length;
    return SQLITE_OK;
}

// MARK: Locks

static int simLock(sqlite3_file *base, int level) {
    Handle *handle = (Handle *)base;
    if (isDead(handle)) return SQLITE_IOERR_LOCK;
    File *file = handle->file;
    if (handle->level >= level) return SQLITE_OK;
    if (level == SQLITE_LOCK_SHARED) {
        if (file->pending || file->exclusive) return SQLITE_BUSY;
        file->shared++;
    } else if (level == SQLITE_LOCK_RESERVED) {
        if (file->reserved) return SQLITE_BUSY;
        file->reserved = true;
    } else {
        if (handle->level < SQLITE_LOCK_RESERVED) {
            if (file->reserved) return SQLITE_BUSY;
            file->reserved = true;
        }
        file->pending = true;
        handle->level = SQLITE_LOCK_PENDING;
        if (file->shared > 1) return SQLITE_BUSY;
        file->exclusive = true;
    }
    handle->level = level;
    return SQLITE_OK;
}

static int simUnlock(sqlite3_file *base, int level) {
    Handle *handle = (Handle *)base;
    if (isDead(handle) || handle->level <= level) return SQLITE_OK;
    File *file = handle->file;
    if (handle->level >= SQLITE_LOCK_PENDING) file->pending = file->exclusive = false;
    if (handle->level >= SQLITE_LOCK_RESERVED) file->reserved = false;
    if (level == SQLITE_LOCK_NONE) file->shared--;
    handle->level = level;
    return SQLITE_OK;
}

static int simCheckReserved(sqlite3_file *base, int *isReserved) {
    Handle *handle = (Handle *)base;
    *isReserved = handle->file->reserved;
    return isDead(handle) ? SQLITE_IOERR_CHECKRESERVEDLOCK : SQLITE_OK;
}

static int simControl(sqlite3_file *base, int operation, void *argument) {
    (void)base, (void)operation, (void)argument;
    return SQLITE_NOTFOUND;
}

static int simSectorSize(sqlite3_file *base) {
    (void)base;
    return sectorBytes;
}

static int simCharacteristics(sqlite3_file *base) {
    (void)base;
    // As the system's own file systems say: a write that is cut short harms no byte beside it.
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

// MARK: Shared memory, which no loss of power survives

static int simShmMap(sqlite3_file *base, int region, int size, int extend, void volatile **out) {
    Handle *handle = (Handle *)base;
    *out = NULL;
    if (isDead(handle) || region >= shmRegions) return SQLITE_IOERR_SHMMAP;
    if (!handle->usesShm) {
        handle->usesShm = true;
        handle->file->shmUsers++;
    }
    if (!handle->file->regions[region] && extend)
        handle->file->regions[region] = calloc(1, (size_t)size);
    *out = handle->file->regions[region];
    return SQLITE_OK;
}

static int simShmLock(sqlite3_file *base, int offset, int count, int flags) {
    Handle *handle = (Handle *)base;
    if (isDead(handle)) return SQLITE_IOERR_SHMLOCK;
    File *file = handle->file;
    bool isShared = flags & SQLITE_SHM_SHARED;
    if (flags & SQLITE_SHM_LOCK) {
        for (int i = offset; i < offset + count; i++) {
            if (handle->shmExclusive & (1u << i)) continue;
            bool mine = handle->shmShared & (1u << i);
            if (file->shmExclusive[i]) return SQLITE_BUSY;
            if (!isShared && file->shmShared[i] - mine > 0) return SQLITE_BUSY;
        }
        for (int i = offset; i < offset + count; i++) {
            if (isShared) {
                if (!(handle->shmShared & (1u << i))) file->shmShared[i]++;
                handle->shmShared |= 1u << i;
            } else {
                file->shmExclusive[i] = true;
                handle->shmExclusive |= 1u << i;
            }
        }
        return SQLITE_OK;
    }
    for (int i = offset; i < offset + count; i++) {
        if (handle->shmShared & (1u << i)) file->shmShared[i]--;
        if (handle->shmExclusive & (1u << i)) file->shmExclusive[i] = false;
        handle->shmShared &= ~(1u << i);
        handle->shmExclusive &= ~(1u << i);
    }
    return SQLITE_OK;
}

static void simShmBarrier(sqlite3_file *base) { (void)base; }

static void dropShm(File *file) {
    for (int i = 0; i < shmRegions; i++) {
        free(file->regions[i]);
        file->regions[i] = NULL;
    }
    memset(file->shmShared, 0, sizeof file->shmShared);
    memset(file->shmExclusive, 0, sizeof file->shmExclusive);
    file->shmUsers = 0;
}

static int simShmUnmap(sqlite3_file *base, int deletes) {
    Handle *handle = (Handle *)base;
    if (isDead(handle) || !handle->usesShm) return SQLITE_OK;
    simShmLock(base, 0, shmLocks, SQLITE_SHM_UNLOCK | SQLITE_SHM_SHARED);
    handle->usesShm = false;
    if (--handle->file->shmUsers == 0 && deletes) dropShm(handle->file);
    return SQLITE_OK;
}

static int simClose(sqlite3_file *base) {
    Handle *handle = (Handle *)base;
    simShmUnmap(base, 0);
    simUnlock(base, SQLITE_LOCK_NONE);
    if (handle->deletesOnClose && !isDead(handle)) handle->file->exists = false;
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = simClose,
    .xRead = simRead,
    .xWrite = simWrite,
    .xTruncate = simTruncate,
    .xSync = simSync,
    .xFileSize = simFileSize,
    .xLock = simLock,
    .xUnlock = simUnlock,
    .xCheckReservedLock = simCheckReserved,
    .xFileControl = simControl,
    .xSectorSize = simSectorSize,
    .xDeviceCharacteristics = simCharacteristics,
    .xShmMap = simShmMap,
    .xShmLock = simShmLock,
    .xShmBarrier = simShmBarrier,
    .xShmUnmap = simShmUnmap,
};

// MARK: The VFS

static int simOpen(
    sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *outFlags
) {
    SimDisk *disk = vfs->pAppData;
    Handle *handle = (Handle *)base;
    memset(handle, 0, sizeof *handle);
    if (disk->isDown) return SQLITE_CANTOPEN;
    File *file = find(disk, name ? name : "temporary", flags & SQLITE_OPEN_CREATE);
    if (!file || (!file->exists && !(flags & SQLITE_OPEN_CREATE))) return SQLITE_CANTOPEN;
    if (!file->exists) {
        file->exists = true;
        resize(&file->seen, 0);
        remember(file, (Write){0, 0, true, NULL});
    }
    handle->base.pMethods = &methods;
    handle->disk = disk;
    handle->file = file;
    handle->life = disk->life;
    handle->deletesOnClose = flags & SQLITE_OPEN_DELETEONCLOSE;
    if (outFlags) *outFlags = flags;
    return SQLITE_OK;
}

static int simDelete(sqlite3_vfs *vfs, const char *name, int syncsDirectory) {
    SimDisk *disk = vfs->pAppData;
    if (disk->isDown) return SQLITE_IOERR_DELETE;
    File *file = find(disk, name, false);
    if (!file || !file->exists) return SQLITE_IOERR_DELETE_NOENT;
    file->exists = false;
    if (syncsDirectory) {
        resize(&file->seen, 0);
        resize(&file->synced, 0);
        forgetWrites(file);
        file->existsDurably = false;
    }
    return SQLITE_OK;
}

static int simAccess(sqlite3_vfs *vfs, const char *name, int flags, int *isThere) {
    (void)flags;
    SimDisk *disk = vfs->pAppData;
    File *file = find(disk, name, false);
    *isThere = file && file->exists && (flags != SQLITE_ACCESS_EXISTS || file->seen.length > 0);
    return disk->isDown ? SQLITE_IOERR_ACCESS : SQLITE_OK;
}

static int simFullPath(sqlite3_vfs *vfs, const char *name, int size, char *out) {
    (void)vfs;
    snprintf(out, (size_t)size, "%s", name);
    return SQLITE_OK;
}

static int simRandomness(sqlite3_vfs *vfs, int count, char *out) {
    SimDisk *disk = vfs->pAppData;
    for (int i = 0; i < count; i++) out[i] = (char)throwDice(disk);
    return count;
}

static int simSleep(sqlite3_vfs *vfs, int microseconds) {
    (void)vfs;
    return microseconds;
}

static int simTime64(sqlite3_vfs *vfs, sqlite3_int64 *time) {
    (void)vfs;
    *time = 212609836800000;
    return SQLITE_OK;
}

static int simTime(sqlite3_vfs *vfs, double *days) {
    (void)vfs;
    *days = 212609836800000 / 86400000.0;
    return SQLITE_OK;
}

static int simLastError(sqlite3_vfs *vfs, int size, char *out) {
    (void)vfs, (void)size, (void)out;
    return 0;
}

// MARK: The disk

SimDisk *sim_disk_make(uint64_t seed) {
    static uint64_t count;
    SimDisk *disk = calloc(1, sizeof(SimDisk));
    uint64_t number = __atomic_add_fetch(&count, 1, __ATOMIC_SEQ_CST);
    snprintf(disk->name, sizeof disk->name, "sim%llu", (unsigned long long)number);
    disk->dice = seed;
    disk->vfs = (sqlite3_vfs){
        .iVersion = 2,
        .szOsFile = sizeof(Handle),
        .mxPathname = 256,
        .zName = disk->name,
        .pAppData = disk,
        .xOpen = simOpen,
        .xDelete = simDelete,
        .xAccess = simAccess,
        .xFullPathname = simFullPath,
        .xRandomness = simRandomness,
        .xSleep = simSleep,
        .xCurrentTime = simTime,
        .xGetLastError = simLastError,
        .xCurrentTimeInt64 = simTime64,
    };
    sqlite3_vfs_register(&disk->vfs, 0);
    return disk;
}

void sim_disk_free(SimDisk *disk) {
    sqlite3_vfs_unregister(&disk->vfs);
    for (int i = 0; i < disk->fileCount; i++) {
        File *file = disk->files[i];
        forgetWrites(file);
        dropShm(file);
        free(file->writes);
        free(file->seen.bytes);
        free(file->synced.bytes);
        free(file->name);
        free(file);
    }
    free(disk);
}

const char *sim_disk_vfs(const SimDisk *disk) { return disk->name; }
int64_t sim_disk_operations(const SimDisk *disk) { return disk->operations; }
int64_t sim_disk_syncs(const SimDisk *disk) { return disk->syncs; }

int64_t sim_disk_unsynced(const SimDisk *disk, const char *suffix) {
    int64_t bytes = 0;
    size_t length = strlen(suffix);
    for (int i = 0; i < disk->fileCount; i++) {
        File *file = disk->files[i];
        size_t name = strlen(file->name);
        if (!file->exists || name < length || strcmp(file->name + name - length, suffix)) continue;
        for (int j = 0; j < file->writeCount; j++) bytes += file->writes[j].length;
    }
    return bytes;
}

bool sim_disk_holds(const SimDisk *disk, const char *text) {
    size_t length = strlen(text);
    for (int i = 0; i < disk->fileCount; i++) {
        const Content *seen = &disk->files[i]->seen;
        if (seen->length && memmem(seen->bytes, (size_t)seen->length, text, length))
            return true;
    }
    return false;
}

bool sim_disk_tamper(SimDisk *disk, const char *path, const char *sql) {
    sqlite3 *database = NULL;
    bool isDone = sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, disk->name) == SQLITE_OK
        && sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK
        && sqlite3_changes(database) > 0;
    sqlite3_close(database);
    return isDone;
}

void sim_disk_fail_at(SimDisk *disk, int64_t operation) { disk->failAt = operation; }
bool sim_disk_is_down(const SimDisk *disk) { return disk->isDown; }
void sim_disk_go_down(SimDisk *disk) { disk->isDown = true; }

static void lose(SimDisk *disk, File *file, SimLoss loss) {
    int kept = 0;
    switch (loss) {
        case SimLossNone: kept = file->writeCount; break;
        case SimLossAll: kept = 0; break;
        case SimLossTail:
        case SimLossAny: kept = (int)(throwDice(disk) % (uint64_t)(file->writeCount + 1)); break;
    }
    for (int i = 0; i < file->writeCount; i++) {
        Write *write = &file->writes[i];
        if (loss == SimLossAny ? (throwDice(disk) & 1) : i < kept) {
            apply(&file->synced, write, write->length);
        } else if (loss == SimLossAny || (loss == SimLossTail && i == kept)) {
            // Torn: whole sectors of it came through.
            int64_t sectors = write->length / sectorBytes;
            int64_t through = sectors ? (int64_t)(throwDice(disk) % (uint64_t)(sectors + 1)) : 0;
            if (!write->isTruncation && throwDice(disk) & 1)
                apply(&file->synced, write, through * sectorBytes);
        }
    }
    if (loss == SimLossNone) {
        file->existsDurably = file->exists;
    } else if (file->exists != file->existsDurably && loss != SimLossAll && throwDice(disk) & 1) {
        file->existsDurably = file->exists;
    }
}

void sim_disk_come_up(SimDisk *disk, SimLoss loss) {
    for (int i = 0; i < disk->fileCount; i++) {
        File *file = disk->files[i];
        lose(disk, file, loss);
        forgetWrites(file);
        file->exists = file->existsDurably;
        if (!file->exists) resize(&file->synced, 0);
        copy(&file->seen, &file->synced);
        file->shared = 0;
        file->reserved = file->pending = file->exclusive = false;
        dropShm(file);
    }
    disk->failAt = 0;
    disk->isDown = false;
    disk->life++;
}
