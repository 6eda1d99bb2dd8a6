import ConductorCore
import HTTPTypes

/// What is answered: a status, header fields, and a body that may be compressed already.
struct Answer: Sendable {
    var status: HTTPResponse.Status
    var type: String
    var body: [UInt8]
    /// The body by gzip, where that is worth it.
    var packed: [UInt8]?
    /// Strong: equal tags, equal bytes.
    var tag: String?
    /// Further header fields.
    var fields: [(name: HTTPField.Name, value: String)] = []
    /// Whether whoever asks may keep it for good: its address names its content.
    var isImmutable = false

    /// Bodies under this many bytes are not worth compressing.
    private static let leastPacked = 512

    init(
        _ status: HTTPResponse.Status,
        type: String,
        body: [UInt8],
        fields: [(name: HTTPField.Name, value: String)] = []
    ) {
        self.status = status
        self.type = type
        self.body = body
        self.fields = fields
        packed = body.count < Self.leastPacked ? nil : Compression.gzip(body)
        tag = Self.tag(of: body)
    }

    static func html(_ page: HTML, status: HTTPResponse.Status = .ok) -> Answer {
        Answer(status, type: "text/html; charset=utf-8", body: Array(page.text.utf8))
    }

    /// A page for one person, that nobody keeps.
    static func page(_ page: HTML, status: HTTPResponse.Status = .ok) -> Answer {
        var answer = Answer.html(page, status: status)
        answer.tag = nil
        return answer
    }

    /// Sends a browser on.
    static func goOn(to place: String, cookie: String) -> Answer {
        var answer = Answer.plain("", status: .seeOther)
        answer.tag = nil
        answer.fields = [(.location, place), (.setCookie, cookie)]
        return answer
    }

    static func json(
        _ document: JSON,
        status: HTTPResponse.Status = .ok,
        fields: [(name: HTTPField.Name, value: String)] = []
    ) -> Answer {
        Answer(
            status,
            type: "application/json",
            body: document.canonicalBytes + [UInt8(ascii: "\n")],
            fields: fields
        )
    }

    static func plain(_ text: String, status: HTTPResponse.Status) -> Answer {
        Answer(status, type: "text/plain; charset=utf-8", body: Array((text + "\n").utf8))
    }

    /// A tag of the content: FNV-1a over all bytes, and their number.
    private static func tag(of bytes: [UInt8]) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return "\"\(String(hash, radix: 16))-\(String(bytes.count, radix: 16))\""
    }
}
