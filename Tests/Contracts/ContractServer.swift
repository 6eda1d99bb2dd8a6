import AsyncHTTPClient
import ConductorCore
import Foundation
import NIOCore
import NIOHTTP1

/// The contract server of one vendor, as a process of its own.
final class ContractServer {
    /// A request that the server saw.
    struct Request {
        var operation: String
        var line: String
    }

    private let process = Process()
    let url: String

    /// Starts it and waits until it listens.
    init(folder: String, python: String, specification: String, publicKey: String?) throws {
        process.executableURL = URL(filePath: python)
        process.arguments =
            [
                folder + "/contract_server.py", "--spec", folder + "/specs/" + specification,
                "--port", "0",
            ] + (publicKey.map { ["--jwt-key", $0] } ?? [])
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        var line = ""
        while !line.contains("\n") {
            let data = pipe.fileHandleForReading.availableData
            guard !data.isEmpty else { throw ContractFault("the contract server does not start") }
            line += String(decoding: data, as: UTF8.self)
        }
        let words = line.split(separator: " ")
        guard words.count > 1, words[0] == "LISTENING", let port = Int(words[1]) else {
            throw ContractFault("the contract server says: \(line)")
        }
        url = "http://127.0.0.1:\(port)"
    }

    func stop() {
        // A thread of the pool may have started it, and those block the signals that ask.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Begins a cell: other answers, and nothing seen yet.
    func play(_ answers: [ContractAnswer], _ specification: Specification) async throws {
        var operations: [String: [JSON]] = [:]
        for answer in answers {
            let entry: [String: JSON?] = [
                "status": .int(Int64(answer.status)), "match": answer.match,
                "times": answer.times.map { .int(Int64($0)) },
                "json": try specification.answer(answer),
            ]
            operations[answer.operation, default: []].append(.compact(entry))
        }
        let scenario: JSON = ["operations": .object(operations.mapValues { .array($0) })]
        _ = try await send(.POST, "/__contract/scenario", scenario)
    }

    /// Everything that it saw in this cell.
    func requests() async throws -> [Request] {
        try await send(.GET, "/__contract/requests").arrayValue?.map { request in
            let method = request["method"]?.stringValue ?? ""
            let path = request["path"]?.stringValue ?? ""
            return Request(
                operation: request["operation"]?.stringValue ?? "(none)",
                line: "\(method) \(path)"
            )
        } ?? []
    }

    /// Requests that the specification forbids, and answers of ours that it does not allow.
    func violations() async throws -> [String] {
        try await send(.GET, "/__contract/violations").arrayValue?.map { violation in
            let errors = (violation["errors"]?.arrayValue ?? []).compactMap(\.stringValue)
            let place =
                violation["path"]?.stringValue ?? violation["operation"]?.stringValue ?? "?"
            return "\(violation["kind"]?.stringValue ?? "?") \(place): "
                + errors.joined(separator: "; ")
        } ?? []
    }

    /// A request that no specification allows; the server must have found it out.
    func findsOutWhatIsForbidden() async throws -> Bool {
        _ = try await send(.GET, "/surely/not/there")
        return try await !violations().isEmpty
    }

    private func send(_ method: HTTPMethod, _ path: String, _ body: JSON? = nil) async throws
        -> JSON
    {
        var request = HTTPClientRequest(url: url + path)
        request.method = method
        if let body { request.body = .bytes(ByteBuffer(bytes: body.canonicalBytes)) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        let buffer = try await response.body.collect(upTo: 16 << 20)
        return try JSON(parsing: Array(buffer.readableBytesView))
    }
}
