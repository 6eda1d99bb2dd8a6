import Backlot
import ConductorCore
import ConductorPorts
import Testing

@Suite struct `A scripted world` {
    /// A lamp that is lit after an hour, or when it is asked for.
    private struct Lamp: Script {
        enum Beat: Sendable { case light, breakDown, mend }
        static let track = TrackID(app: "a", platform: "p", version: "1")

        func begin(_ scene: inout Scene<Beat>) {
            scene.set(Place("lamp", Self.track), ["lit": false], wakes: false)
            scene.after(.hours(1), .light)
            scene.after(.hours(2), .breakDown)
            scene.after(.hours(3), .mend)
        }

        func play(_ beat: Beat, _ scene: inout Scene<Beat>) {
            switch beat {
            case .light:
                let seen = scene.now + Span(milliseconds: -60_000)
                scene.set(Place("lamp", Self.track), ["lit": true], about: "c1", observedAt: seen)
            case .breakDown: scene.fail("lamp", .unreachable, "dark")
            case .mend: scene.restore("lamp")
            }
        }

        func perform(_ intent: Intent, attempt: Int, _ scene: inout Scene<Beat>) -> Deed {
            scene.set(Place("lamp", Self.track), ["lit": true])
            return Deed(.unknown(reason: "the answer is lost"), landed: attempt > 1)
        }

        func entered(_ stage: String, _ track: TrackID, _ scene: inout Scene<Beat>) {
            scene.say("demo:keeper", .hold, at: .track(track), reason: stage)
        }
    }

    private static let start = Fortnight.start
    private let world = ScriptedWorld(Lamp(), at: Self.start)
    private let request = ObservationRequest(scope: .track(Lamp.track), variables: [:])

    @Test func `answers from its timeline, with lag and subject, and fails when it must`() async {
        let source = world.source(named: "lamp")
        #expect(
            await source.observe(request)
                == .observed(Observation(facts: ["lit": ObservedFact(false)]))
        )
        #expect(world.nextCue == Self.start + .hours(1))
        world.play(until: Self.start + .hours(1))
        let seen = Self.start + .minutes(59)
        #expect(
            await source.observe(request)
                == .observed(
                    Observation(
                        facts: ["lit": ObservedFact(true, about: "c1")],
                        observedAt: ["lit": seen]
                    )
                )
        )
        #expect(world.takeNews().woken == [Place("lamp", Lamp.track)])
        #expect(world.takeNews().isEmpty)
        world.play(until: Self.start + .hours(2))
        #expect(await source.observe(request) == .failed(.unreachable, message: "dark"))
        world.play(until: Self.start + .hours(9))
        #expect(await source.observe(request) != .failed(.unreachable, message: "dark"))
        #expect(world.nextCue == nil)
    }

    @Test func `keeps one effect per key, and a probe finds what has landed`() async {
        let intent = Intent(
            key: "a/p/1/1/1/lamp.light",
            track: Lamp.track,
            scope: .track(Lamp.track),
            step: 1,
            ordinal: 1,
            action: "lamp.light",
            kind: BacklotCatalog.kind,
            actionClass: .createOnce,
            direction: .raises,
            lane: "lamp",
            blocking: true,
            policy: ActionPolicy(),
            parameters: [:]
        )
        let action = world.action()
        #expect(await action.perform(intent, attempt: 1) == .unknown(reason: "the answer is lost"))
        #expect(await action.probe(intent) == .absent)
        #expect(await action.perform(intent, attempt: 2) == .unknown(reason: "the answer is lost"))
        #expect(await action.probe(intent) == .present(evidence: "\(intent.key) is there"))
        #expect(
            await action.perform(intent, attempt: 3)
                == .alreadyDone(evidence: "\(intent.key) is there")
        )
        #expect(world.effects.map(\.attempt) == [2])
    }

    @Test func `lets its people react to what they see`() {
        world.entered("lit", Lamp.track)
        #expect(
            world.takeNews().said == [
                Utterance(
                    actor: "demo:keeper",
                    scope: .track(Lamp.track),
                    request: .hold,
                    reason: "lit"
                )
            ]
        )
    }

    @Test func `throws the same dice on every machine`() {
        var dice = Dice(seed: 892)
        #expect((0..<5).map { _ in dice.roll(1...6) } == [4, 4, 4, 4, 2])
    }
}
