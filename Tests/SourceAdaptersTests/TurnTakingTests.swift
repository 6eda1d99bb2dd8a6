import ConductorCore
import Foundation
import Synchronization
import Testing

@testable import SourceAdapters

@Suite struct `Taking turns` {
    private final class Counters: Sendable {
        let inside = Atomic(0)
        let most = Atomic(0)
    }

    @Test func `is one at a time, and everybody's turn comes`() async throws {
        let turns = TurnTaking()
        let counters = Counters()
        let done = try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    try await turns.turn(of: "a", until: .now + .seconds(60)) {
                        let now = counters.inside.add(1, ordering: .relaxed).newValue
                        _ = counters.most.max(now, ordering: .relaxed)
                        await Task.yield()
                        counters.inside.subtract(1, ordering: .relaxed)
                    }
                }
            }
            return try await group.reduce(into: 0) { count, _ in count += 1 }
        }
        #expect(done == 20)
        #expect(counters.most.load(ordering: .relaxed) == 1)
    }

    @Test func `ends at the deadline, and the turn is not lost`() async throws {
        let turns = TurnTaking()
        try await turns.turn(of: "a", until: .now + .seconds(60)) {
            await #expect(throws: CancellationError.self) {
                try await turns.turn(of: "a", until: .now + .milliseconds(20)) {}
            }
            // Another key is nobody's business.
            try await turns.turn(of: "b", until: .now + .seconds(60)) {}
        }
        try await turns.turn(of: "a", until: .now + .seconds(60)) {}
    }

    @Test func `lets go of who is called away`() async throws {
        let turns = TurnTaking()
        try await turns.turn(of: "a", until: .now + .seconds(60)) {
            let waiting = Task {
                try await turns.turn(of: "a", until: .now + .seconds(600)) {}
            }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
        }
    }
}
