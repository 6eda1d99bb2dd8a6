import ConductorCore
import NIOHTTP1
import Synchronization

/// Ways in which one answer of an otherwise healthy backend goes wrong.
enum WireFault: Sendable, Hashable {
    case status(Int)
    /// 429, with a time to wait.
    case limited(seconds: Int)
    case silence
    case stall
    case hangUp
    case truncated
    case notJSON
    case empty
    /// A list for an object, an object for anything else.
    case otherType
    /// The member at this place is not there.
    case without([String])
    /// The member at this place has another type.
    case mistyped([String])
    /// Fails, and repeats what it was sent.
    case echo
    /// The text at this place is the secret that was sent.
    case secret([String])
    /// The next page stands at this address.
    case nextPage(String)
    case flood

    /// Those that do not depend on what the answer says.
    static let plain: [WireFault] = [
        .status(401), .status(403), .status(404), .limited(seconds: 1), .status(500), .status(503),
        .silence, .stall, .hangUp, .truncated, .notJSON, .empty, .otherType,
    ]

    /// The answer instead of `reply`.
    func applied(to reply: LoopbackServer.Reply, of received: LoopbackServer.Received)
        -> LoopbackServer.Reply
    {
        switch self {
        case .status(let status): return .status(status, body: #"{"message": "scripted"}"#)
        case .limited(let seconds):
            return .status(429, headers: [("Retry-After", "\(seconds)")], body: "{}")
        case .silence: return .silence
        case .stall: return .stall
        case .hangUp: return .hangUp
        case .truncated: return .truncated
        case .notJSON: return .status(200, body: "<html>welcome</html>")
        case .empty: return .status(200)
        case .flood: return .flood
        case .echo: return .status(500, body: "\(received.headers) \(received.body)")
        case .otherType, .without, .mistyped, .secret, .nextPage:
            guard case .status(let status, var headers, let body) = reply,
                let json = try? JSON(parsing: body)
            else { return reply }
            let changed: JSON
            switch self {
            case .otherType:
                if case .object = json { changed = [] } else { changed = [:] }
            case .without(let path): changed = json.replacing(path[...]) { _ in nil }
            case .mistyped(let path): changed = json.replacing(path[...]) { $0.mistyped }
            case .secret(let path):
                let sent = received.headers["authorization"].first ?? ""
                let secret = sent.split(separator: " ").last.map(String.init) ?? ""
                changed = json.replacing(path[...]) { _ in .string(secret) }
            case .nextPage(let address):
                headers.append(("Link", "<\(address)>; rel=\"next\""))
                changed = json
            case .status, .limited, .silence, .stall, .hangUp, .truncated, .notJSON, .empty, .echo,
                .flood:
                changed = json
            }
            return .status(status, headers: headers, body: changed.description)
        }
    }
}

extension JSON {
    /// Every place in this value, members and the first element of each list.
    func places(under path: [String] = []) -> [[String]] {
        switch self {
        case .null, .bool, .int, .double, .string: []
        case .array(let elements):
            elements.first.map { first in
                let place = path + ["0"]
                return [place] + first.places(under: place)
            } ?? []
        case .object(let members):
            members.sorted { $0.key < $1.key }.flatMap { name, value in
                let place = path + [name]
                return [place] + value.places(under: place)
            }
        }
    }

    func value(at path: ArraySlice<String>) -> JSON? {
        guard let name = path.first else { return self }
        switch self {
        case .object(let members): return members[name]?.value(at: path.dropFirst())
        case .array(let elements): return elements.first?.value(at: path.dropFirst())
        case .null, .bool, .int, .double, .string: return nil
        }
    }

    /// This value with another one, or none, at a place.
    func replacing(_ path: ArraySlice<String>, _ change: (JSON) -> JSON?) -> JSON {
        guard let name = path.first else { return change(self) ?? .null }
        let rest = path.dropFirst()
        switch self {
        case .object(var members):
            guard let member = members[name] else { return self }
            members[name] = rest.isEmpty ? change(member) : member.replacing(rest, change)
            return .object(members)
        case .array(var elements):
            guard let first = elements.first else { return self }
            if !rest.isEmpty {
                elements[0] = first.replacing(rest, change)
            } else if let changed = change(first) {
                elements[0] = changed
            }
            return .array(elements)
        case .null, .bool, .int, .double, .string: return self
        }
    }

    /// A value of another type.
    var mistyped: JSON {
        switch self {
        case .null, .bool, .int, .double: ["unexpected": "object"]
        case .string: 7
        case .array, .object: "unexpected"
        }
    }
}

/// A server with a healthy world behind it, one of whose answers goes wrong.
struct FaultyServer: Sendable {
    let server: LoopbackServer

    /// The `nth` answer among those that `isMeant` has the fault; nil: none has.
    static func start(
        _ world: @escaping @Sendable (LoopbackServer.Received) -> LoopbackServer.Reply,
        _ fault: (nth: Int, fault: WireFault)? = nil,
        among isMeant: @escaping @Sendable (LoopbackServer.Received) -> Bool = { _ in true }
    ) async throws -> FaultyServer {
        let count = Mutex(0)
        let server = try await LoopbackServer.start { received in
            let reply = world(received)
            guard let fault, isMeant(received) else { return reply }
            let number = count.withLock { count in
                count += 1
                return count - 1
            }
            guard number == fault.nth else { return reply }
            return fault.fault.applied(to: reply, of: received)
        }
        return FaultyServer(server: server)
    }

    /// Calls `body`, and closes the server.
    func run<Result>(_ body: (LoopbackServer) async throws -> Result) async throws -> Result {
        let result = try await body(server)
        try await server.stop()
        return result
    }
}
