import ConductorCore
import HTTPTypes
import ConductorPorts
import HummingbirdCore
import NIOCore

/// What a browser sends back from a form.
struct Form: Sendable {
    private let values: [String: String]

    /// - Throws: `Problem` for a body that is no form, or says something twice.
    init(_ body: [UInt8], _ headers: HTTPFields) throws(Problem) {
        let type = headers[.contentType]?.lowercased().split(separator: ";").first
        guard type == "application/x-www-form-urlencoded" else {
            throw Problem(
                .unsupportedMediaType,
                "a form is sent as application/x-www-form-urlencoded"
            )
        }
        guard let text = String(validating: body, as: UTF8.self) else {
            throw Problem(.badRequest, "the form is no UTF-8")
        }
        values = try Question.query(text[...])
    }

    /// A value, if there is one and it is not empty.
    func value(_ name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// All values beside those of these names.
    func others(than names: [String]) -> [String: String] {
        values.filter { !names.contains($0.key) && !$0.value.isEmpty }
    }
}

extension Request {
    /// The whole body.
    ///
    /// - Throws: `Problem` where it is too long, or takes too long to come.
    func wholeBody(_ limits: DashboardLimits, _ clock: any ConductorClock) async throws -> [UInt8] {
        try await withThrowingTaskGroup(of: [UInt8].self) { group in
            group.addTask {
                do {
                    let bytes = try await body.collect(upTo: limits.bodyBytes)
                    return Array(bytes.readableBytesView)
                } catch is NIOTooManyBytesError {
                    throw Problem(
                        .contentTooLarge,
                        "the body has more than \(limits.bodyBytes) bytes"
                    )
                }
            }
            group.addTask {
                try await clock.sleep(for: limits.bodyTime)
                throw Problem(.requestTimeout, "the body took too long to come")
            }
            defer { group.cancelAll() }
            return try await group.next() ?? []
        }
    }
}
