import ConductorCore
import ConductorPorts
import AdapterTesting
import NIOHTTP1
import Synchronization
import Testing

@testable import SourceAdapters

/// Adapters with one carelessness each: the suites must find every one of them out.
@Suite struct `A careless adapter is found out` {
    private enum Carelessness: String, CaseIterable {
        case takesNothingForZero
        case takesAnyStatusForAnAnswer
        case tellsWhatTheBackendSaid
        case asksOnWhenToldToWait
        case waitsForever
        case ignoresTheMemory
        case followsAnyLink
    }

    private struct CarelessSource: Source {
        let url: String
        let timeout: Span
        let secret: String
        let carelessness: Carelessness

        func observe(_ request: ObservationRequest) async -> PollAnswer {
            guard let address = WebAddress(url + "/count") else {
                return .failed(.misconfigured, message: "no address")
            }
            let isEndless = carelessness == .waitsForever
            do {
                var answer = try await ask(address, isEndless ? .seconds(4) : timeout)
                if carelessness == .followsAnyLink, let link = answer.headers["link"].first,
                    let next = WebAddress(String(link.dropFirst().prefix { $0 != ">" }))
                {
                    answer = try await ask(next, timeout)
                }
                let isFine =
                    (200..<300).contains(answer.status)
                    || carelessness == .takesAnyStatusForAnAnswer
                guard isFine else {
                    let words = String(decoding: answer.body, as: UTF8.self)
                    let failure: PollFailure = answer.status == 429 ? .rateLimited : .refused
                    let isOpen = carelessness == .tellsWhatTheBackendSaid
                    return .failed(failure, message: isOpen ? words : "no")
                }
                let body = try? JSON(parsing: answer.body)
                guard let count = body?["count"]?.intValue else {
                    let isLax =
                        carelessness == .takesNothingForZero
                        || carelessness == .takesAnyStatusForAnAnswer
                    return isLax
                        ? .observed(Observation(facts: ["count": ObservedFact(0)]))
                        : .failed(.malformed, message: "no count")
                }
                return .observed(Observation(facts: ["count": ObservedFact(.int(count))]))
            } catch {
                return .failed(APIProblem(error, timeout: timeout).failure, message: "no answer")
            }
        }

        private func ask(
            _ address: WebAddress,
            _ timeout: Span
        ) async throws(HTTPTransport.Problem) -> HTTPTransport.Answer {
            try await HTTPTransport.send(
                .init(address: address, headers: [("Authorization", "Bearer " + secret)]),
                wanted: .all(limit: 1 << 20),
                timeout: timeout
            )
        }
    }

    @Test(arguments: Carelessness.allCases)
    private func `a source`(carelessness: Carelessness) async throws {
        let findings = try await HTTPSourceConformance(
            secret: "s3cret-t0ken",
            request: request(),
            world: { _ in .status(200, body: #"{"count": 7}"#) }
        ) { url, timeout in
            CarelessSource(
                url: url,
                timeout: timeout,
                secret: "s3cret-t0ken",
                carelessness: carelessness
            )
        }.run()
        let expected =
            switch carelessness {
            case .takesNothingForZero: "without([\"count\"])"
            case .takesAnyStatusForAnAnswer: "status(500)"
            case .tellsWhatTheBackendSaid: "the secret is told"
            case .asksOnWhenToldToWait: "a backend that asks to wait is asked again"
            case .waitsForever: "no time-out"
            case .ignoresTheMemory: "of a second poll are conditional"
            case .followsAnyLink: "another origin"
            }
        #expect(findings.contains { $0.contains(expected) }, "\(findings)")
    }

    private enum CarelessAct: String, CaseIterable {
        case takesSilenceForFailure
        case repeatsBlindly
        case takesNoAnswerForAbsent
    }

    private struct CarelessAction: ActionAdapter {
        let url: String
        let carelessness: CarelessAct

        private func send(
            _ method: HTTPMethod,
            _ timeout: Span
        ) async -> HTTPTransport.Answer? {
            guard let address = WebAddress(url + "/things") else { return nil }
            return try? await HTTPTransport.send(
                .init(method: method, address: address, headers: []),
                wanted: .all(limit: 1 << 20),
                timeout: timeout,
                fresh: true
            )
        }

        func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
            var answer = await send(.POST, intent.policy.deadline)
            if answer == nil, carelessness == .repeatsBlindly {
                answer = await send(.POST, intent.policy.deadline)
            }
            switch answer?.status {
            case 201: return .done(evidence: "made")
            case 409: return .alreadyDone(evidence: "there")
            case 429: return .retryable(reason: "limited", after: answer?.retryAfter)
            case 400, 401, 403: return .rejected(reason: "no", remedy: "see to it")
            default:
                return carelessness == .takesSilenceForFailure
                    ? .rejected(reason: "no answer", remedy: "try again")
                    : .unknown(reason: "no answer")
            }
        }

        func probe(_ intent: Intent) async -> ProbeAnswer {
            let answer = await send(.GET, intent.policy.deadline)
            let body = answer.flatMap { try? JSON(parsing: $0.body) }
            if answer?.status == 200, body?["there"] == true { return .present(evidence: "there") }
            if answer?.status == 404 { return .absent }
            return carelessness == .takesNoAnswerForAbsent
                ? .absent : .unavailable(reason: "no answer")
        }
    }

    @Test(arguments: CarelessAct.allCases)
    private func `an action`(carelessness: CarelessAct) async throws {
        var intent = intent()
        intent.actionClass = .createOnce
        let findings = try await HTTPActionConformance(
            secret: "s3cret-t0ken",
            intent: intent,
            world: {
                let things = Things()
                return { things.answer($0) }
            }
        ) { url in
            CarelessAction(url: url, carelessness: carelessness)
        }.run()
        let expected =
            switch carelessness {
            case .takesSilenceForFailure: "hangUp for the answer to a write is told as rejected"
            case .repeatsBlindly: "written again, blindly"
            case .takesNoAnswerForAbsent: "a guess, absent"
            }
        #expect(findings.contains { $0.contains(expected) }, "\(findings)")
    }
}

/// A backend with one thing in it, or none.
private final class Things: Sendable {
    private let isThere = Mutex(false)

    func answer(_ received: LoopbackServer.Received) -> LoopbackServer.Reply {
        isThere.withLock { isThere in
            if received.method == .GET {
                return isThere ? .status(200, body: #"{"there": true}"#) : .status(404)
            }
            defer { isThere = true }
            return .status(isThere ? 409 : 201, body: "{}")
        }
    }
}
