import ConductorCore
import HTTPTypes

/// Which tracks the overview shows; it stands in the page's address.
struct Filter: Sendable, Hashable {
    var app: String?
    var platform: String?
    var light: Light?
    /// Words that must all stand in the track's name, its stage or what it waits for.
    var text: String?

    static let names = ["app", "platform", "light", "q"]

    init() {}

    /// - Throws: `Problem` for a light that is none.
    init(_ question: Question) throws(Problem) {
        app = question.value("app")
        platform = question.value("platform")
        text = question.value("q").map { String($0.prefix(200)) }
        if let name = question.value("light") {
            guard let light = Light(rawValue: name) else {
                let known = Light.allCases.map(\.rawValue).joined(separator: ", ")
                throw Problem(.badRequest, "there is no light of that name; there are \(known)")
            }
            self.light = light
        }
    }

    var isEmpty: Bool { self == Filter() }

    func fits(_ track: TrackView) -> Bool {
        let id = track.state.track
        if let app, id.app != app { return false }
        if let platform, id.platform != platform { return false }
        if let light, track.shownLight != light { return false }
        guard let text else { return true }
        var said = "\(id) \(track.state.stage ?? "") \(track.state.phase.name)"
        for blocker in track.wayOn?.blockedBy ?? [] { said += " \(blocker.name)" }
        for leaf in track.explanation?.transitions.flatMap(\.leaves) ?? [] where !leaf.isMet {
            said += " \(leaf.title ?? "") \(leaf.owner ?? "")"
        }
        let lower = said.lowercased()
        return text.lowercased().split(separator: " ").allSatisfy { lower.contains($0) }
    }

    /// The address of the overview with another light, or none.
    func path(light: Light?) -> String {
        var parts: [String] = []
        for (name, value) in [
            ("app", app), ("platform", platform), ("light", light?.rawValue), ("q", text),
        ] {
            if let value { parts.append("\(name)=\(Self.escaped(value))") }
        }
        return parts.isEmpty ? "/" : "/?" + parts.joined(separator: "&")
    }

    static func escaped(_ text: String) -> String {
        let hex = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "-"), UInt8(ascii: "~"):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
