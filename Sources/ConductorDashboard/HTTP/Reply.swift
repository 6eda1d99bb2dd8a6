import ConductorCore

/// What an endpoint gives.
enum Reply: Sendable {
    case answer(Answer)
    /// Events for as long as somebody listens.
    case events(AsyncStream<StreamEvent>, leave: @Sendable () -> Void)
}
