package import ConductorCore
import ConductorPorts

// What whoever shows it is given after each round.

extension Engine {
    /// Hands over a view of the fleet after rounds, until the task is cancelled.
    ///
    /// Rounds that follow at once are shown together. The view is made beside the engine, which
    /// waits for nobody who looks.
    ///
    /// - Parameters:
    ///   - pause: the least time between two views.
    ///   - show: takes the view.
    package func publishViews(
        pause: Span,
        to show: @Sendable (FleetView) async -> Void
    ) async {
        let (rounds, continuation) = AsyncStream.makeStream(
            of: Void.self,
            bufferingPolicy: .bufferingNewest(1)
        )
        roundWatcher = continuation
        defer { roundWatcher = nil }
        for await _ in rounds {
            var view = await Self.view(
                of: world,
                polls: targets().sorted().map { target in
                    let every = settings.deployment.source(target.source)?.every
                    return (target.source, target.scope, every ?? .zero)
                },
                interval: settings.deployment.tick
            )
            view.fault = fault
            await show(view)
            do { try await clock.sleep(for: pause) } catch { return }
        }
    }

    @concurrent
    private nonisolated static func view(
        of world: World,
        polls: [(source: String, scope: Scope, every: Span)],
        interval: Span
    ) async -> FleetView {
        FleetView(of: world, polls: polls, interval: interval)
    }
}
