import ConductorCore
import ConductorPorts
import HTTPTypes

/// Why a request is refused: a status, and a sentence for people.
struct Problem: Error, Sendable {
    var status: HTTPResponse.Status
    var detail: String
    var fields: [(name: HTTPField.Name, value: String)] = []

    init(
        _ status: HTTPResponse.Status,
        _ detail: String,
        fields: [(name: HTTPField.Name, value: String)] = []
    ) {
        self.status = status
        self.detail = detail
        self.fields = fields
    }

    init(_ answer: NoAnswer) {
        switch answer.kind {
        case .unknown, .outsideJournal: self.init(.notFound, answer.description)
        case .busy:
            self.init(.serviceUnavailable, answer.description, fields: [(.retryAfter, "1")])
        case .unreadable: self.init(.serviceUnavailable, answer.description)
        }
    }

    /// RFC 9457.
    var document: Answer {
        var answer = Answer(
            status,
            type: "application/problem+json",
            body: JSON.object([
                "type": "about:blank", "title": .string(status.reasonPhrase),
                "status": .int(Int64(status.code)), "detail": .string(detail),
            ]).canonicalBytes + [UInt8(ascii: "\n")],
            fields: fields
        )
        answer.tag = nil
        return answer
    }
}
