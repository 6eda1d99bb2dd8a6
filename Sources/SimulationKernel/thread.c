#include "SimulationKernel.h"

#include <stdlib.h>

// The runtime asks this hook where a piece of a task is to run. Pieces that begin on a simulation's
// thread are kept in its own queue: one thread, one order, no other influence.

typedef __attribute__((swiftcall)) void (*SimOriginal)(void *job);
typedef __attribute__((swiftcall)) void (*SimHook)(void *job, SimOriginal original);
typedef struct { void *identity; void *implementation; } SimExecutor;

extern SimHook swift_task_enqueueGlobal_hook;
extern __attribute__((swiftcall)) void swift_job_run(void *job, SimExecutor executor);

typedef struct {
    void **jobs;
    size_t capacity, first, count;
    bool isOn;
} SimQueue;

static _Thread_local SimQueue queue;
static SimHook former;

static __attribute__((swiftcall)) void take(void *job, SimOriginal original) {
    if (!queue.isOn) {
        if (former) former(job, original); else original(job);
        return;
    }
    if (queue.count == queue.capacity) {
        size_t capacity = queue.capacity ? queue.capacity * 2 : 64;
        void **jobs = malloc(capacity * sizeof(void *));
        for (size_t i = 0; i < queue.count; i++)
            jobs[i] = queue.jobs[(queue.first + i) % queue.capacity];
        free(queue.jobs);
        queue.jobs = jobs;
        queue.capacity = capacity;
        queue.first = 0;
    }
    queue.jobs[(queue.first + queue.count++) % queue.capacity] = job;
}

void sim_thread_enter(void) {
    static bool isHooked;
    if (!__atomic_test_and_set(&isHooked, __ATOMIC_SEQ_CST)) {
        former = swift_task_enqueueGlobal_hook;
        swift_task_enqueueGlobal_hook = take;
    }
    queue.isOn = true;
}

void sim_thread_leave(void) {
    queue.isOn = false;
    queue.count = queue.first = 0;
}

bool sim_thread_step(void) {
    if (!queue.count) return false;
    void *job = queue.jobs[queue.first];
    queue.first = (queue.first + 1) % queue.capacity;
    queue.count--;
    swift_job_run(job, (SimExecutor){0, 0});
    return true;
}
