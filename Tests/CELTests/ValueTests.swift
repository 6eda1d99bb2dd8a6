import CEL
import Testing

@Suite struct `A value` {
    @Test func `null exists`() {
        _ = Value.null
    }
}
