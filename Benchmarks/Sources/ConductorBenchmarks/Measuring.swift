import Glibc

/// Keeps the optimiser from leaving out work whose result nobody reads.
@inline(never)
@_optimize(none)
func use<Value>(_ value: borrowing Value) {}

/// Nanoseconds that `work` takes.
func nanoseconds(_ work: () throws -> Void) rethrows -> Double {
    let took = try ContinuousClock().measure(work)
    let parts = took.components
    return Double(parts.seconds) * 1e9 + Double(parts.attoseconds) / 1e9
}

/// Nanoseconds of one call of `work`: the median of several runs of at least 40 ms each.
func nanosecondsPerCall(runs: Int = 9, _ work: () -> Void) -> Double {
    var calls = 1
    while nanoseconds({ for _ in 0..<calls { work() } }) < 4e7 { calls *= 2 }
    return median((0..<runs).map { _ in nanoseconds { for _ in 0..<calls { work() } } })
        / Double(calls)
}

/// The middle one of some numbers; the lower of two middle ones.
func median(_ numbers: [Double]) -> Double {
    precondition(!numbers.isEmpty, "Nothing was measured.")
    return numbers.sorted()[(numbers.count - 1) / 2]
}

/// Nanoseconds of one core that `work` takes, however busy the machine is with other things.
func processorNanoseconds(_ work: () throws -> Void) rethrows -> Double {
    func now() -> Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }
    let start = now()
    try work()
    return now() - start
}
