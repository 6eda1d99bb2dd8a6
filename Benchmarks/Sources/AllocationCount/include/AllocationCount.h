#ifndef ALLOCATION_COUNT_H
#define ALLOCATION_COUNT_H

/// The allocations of this thread so far.
unsigned long allocation_count(void);

#endif
