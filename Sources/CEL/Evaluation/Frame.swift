/// What one evaluation carries along.
///
/// Slots and local variables lie in memory of the caller, so that an evaluation needs none of its
/// own: a frame never leaves the call of ``run(_:zones:limits:localCount:_:)`` that made it.
@safe
struct Frame {
    private let slots: UnsafeBufferPointer<Slot>
    private let locals: UnsafeMutableBufferPointer<Local>
    let zones: ZoneRules
    let limits: Limits
    var steps: Int
    var bytes: Int
    var recorder: Recorder?

    /// A variable of a macro; a binding may have failed, which shows where it is read.
    @safe
    enum Local {
        case value(Value)
        case halt(Halt)
        /// An element of a list that the walk over it holds.
        case element(UnsafePointer<Value>)
    }

    private init(
        _ slots: UnsafeBufferPointer<Slot>,
        _ locals: UnsafeMutableBufferPointer<Local>,
        _ zones: ZoneRules,
        _ limits: Limits
    ) {
        unsafe self.slots = slots
        unsafe self.locals = locals
        self.zones = zones
        self.limits = limits
        steps = limits.steps
        bytes = limits.bytesProduced
    }

    /// Calls a function with a frame over some slots.
    static func run<Result>(
        _ slots: [Slot],
        zones: ZoneRules,
        limits: Limits,
        localCount: Int,
        _ body: (inout Frame) -> Result
    ) -> Result {
        unsafe slots.withUnsafeBufferPointer { slots in
            if localCount == 0 {
                var frame = unsafe Frame(slots, .init(start: nil, count: 0), zones, limits)
                return body(&frame)
            }
            return unsafe withUnsafeTemporaryAllocation(of: Local.self, capacity: localCount) {
                locals in
                unsafe locals.initialize(repeating: .value(.null))
                defer { unsafe locals.deinitialize() }
                var frame = unsafe Frame(slots, locals, zones, limits)
                return body(&frame)
            }
        }
    }

    /// What is known of a variable; one beyond the slots is unbound.
    @inline(__always)
    func slot(_ number: Int) -> Slot {
        unsafe number < slots.count ? slots[number] : .unbound
    }

    /// Where the field of a variable that is a map lies; `nil` when the variable is none, or the
    /// map has no such field.
    ///
    /// The place is good as long as the evaluation, during which the caller holds the slots.
    @inline(__always)
    func place(of field: FieldName, inSlot number: Int) -> UnsafePointer<Value>? {
        guard unsafe number < slots.count, case .value(.map(let map)) = unsafe slots[number] else {
            return nil
        }
        return unsafe map.place(of: field)
    }

    /// A variable of a macro.
    @inline(__always)
    func local(_ number: Int) throws(Halt) -> Value {
        switch unsafe locals[number] {
        case .element(let place): return unsafe place.pointee
        case .value(let value): return value
        case .halt(let halt): throw halt
        }
    }

    /// Where a variable of a macro lies while a list is walked over; `nil` for other variables.
    @inline(__always)
    func place(ofLocal number: Int) -> UnsafePointer<Value>? {
        guard case .element(let place) = unsafe locals[number] else { return nil }
        return unsafe place
    }

    /// Sets a variable of a macro.
    @inline(__always)
    func set(_ number: Int, _ local: Local) {
        unsafe locals[number] = local
    }

    /// Takes steps off the budget.
    @inline(__always)
    mutating func step(_ count: Int) throws(Halt) {
        steps &-= count
        if steps < 0 { throw .tooManySteps }
    }

    /// Takes the steps for looking at so many octets off the budget.
    @inline(__always)
    mutating func look(at octets: Int) throws(Halt) {
        try step(octets / 10 + 1)
    }

    /// Takes octets that are made off the budget.
    @inline(__always)
    mutating func produce(_ count: Int) throws(Halt) {
        bytes &-= count
        if bytes < 0 { throw .tooManyBytes }
    }
}
