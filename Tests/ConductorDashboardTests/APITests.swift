import ConductorCore
import ConductorJournal
import ConductorRuntime
import HTTPTypes
import Testing

@testable import ConductorDashboard
@testable import conductord

@Suite(.timeLimit(.minutes(2))) struct `The interface for programs` {
    @Test func `says what the command line says`() async throws {
        try await House.open { house in
            try await house.waits(for: "branched")
            let reader = try house.reader()
            // What is asked of one tick is answered alike; now moves on between two questions.
            let at = try #require(
                Instant(
                    rfc3339: try await house.json("\(House.path)/explain")["at"]?.stringValue ?? ""
                )
            )
            let explained = try Explain.report(on: House.track, at: at, in: reader).json
            #expect(try await house.json("\(House.path)/explain?at=\(at)") == explained)
            let timeline = try Timeline.report(on: House.track, at: at, in: reader).json
            var answer = try await house.json("\(House.path)/timeline?at=\(at)")
            #expect(answer["next"] == .null)
            answer.remove("next")
            #expect(answer == timeline)

            let fleet = try FleetReading(reader)
            let status = StatusReport(
                at: fleet.at,
                stop: fleet.stop,
                holds: fleet.holds,
                tracks: fleet.tracks
            ).json
            var tracks = try await house.json("/tracks")
            #expect(tracks["tick"]?.intValue ?? 0 > 0)
            for name in ["tick", "next", "at"] { tracks.remove(name) }
            var expected = status
            expected.remove("at")
            #expect(tracks == expected)
            #expect(try await house.json(House.path) == status["tracks"]?.arrayValue?.first)
        }
    }

    @Test func `gives long lists in parts`() async throws {
        try await House.open { house in
            try await house.waits(for: "branched")
            for number in 1...5 {
                let track = TrackID(app: "music", platform: "android", version: "9.\(number)")
                let add = Command(
                    id: "add \(number)",
                    actor: "os:anna",
                    scope: .track(track),
                    request: .add(stage: "upcoming", since: nil)
                )
                #expect(try await house.engine.submit(add).accepted)
            }
            _ = try await house.visitor.events { events in
                events.contains { $0.data.contains("android/9.5") }
                    || events.count { $0.name == "beat" } > 1
            }
            for (path, list, count) in [
                ("/tracks", "tracks", 6), ("/commands", "commands", 6),
                ("\(House.path)/decisions", "decisions", nil),
                ("\(House.path)/timeline", "events", nil),
                ("\(House.path)/series", "points", nil),
            ] as [(String, String, Int?)] {
                let whole = try await house.json(path)[list]?.arrayValue ?? []
                if let count { #expect(whole.count == count, "\(path)") }
                var parts: [JSON] = []
                var next: JSON? = nil
                repeat {
                    let after = next.map { "&after=\($0.stringValue ?? $0.description)" } ?? ""
                    let seen = try await house.visitor.get("/api/v1\(path)?limit=2\(after)")
                    let document = try JSON(parsing: seen.text)
                    let part = document[list]?.arrayValue ?? []
                    #expect(part.count <= 2)
                    parts += part
                    next = document["next"] == .null ? nil : document["next"]
                    #expect((seen.headers["link"] != nil) == (next != nil))
                } while next != nil && parts.count < 100
                #expect(parts.prefix(whole.count).elementsEqual(whole), "\(path)")
            }
        }
    }

    // MARK: The document

    @Test func `has a document of exactly its addresses`() {
        let paths = OpenAPI.document["paths"]?.objectValue ?? [:]
        #expect(paths.keys.sorted() == Endpoint.allCases.map(\.rawValue).sorted())
        for (path, item) in paths {
            let methods = Endpoint(rawValue: path)?.methods.map { $0.rawValue.lowercased() }
            #expect(item.objectValue?.keys.sorted() == methods?.sorted(), "\(path)")
        }
        #expect(OpenAPI.document["openapi"] == "3.1.0")
    }

    @Test func `answers in the shapes of its document`() async throws {
        try await House.open { house in
            try await house.waits(for: "branched")
            let machine = try await house.json("/machines")["machines"]?.arrayValue?.first
            let digest = try #require(machine?["digest"]?.stringValue)
            for (path, item) in OpenAPI.document["paths"]?.objectValue ?? [:] {
                let answers = item["get"]?["responses"]?["200"]?["content"]?.objectValue ?? [:]
                guard let answer = answers["application/json"] else { continue }
                let address = path.replacing("{app}/{platform}/{version}", with: "music/ios/8.9.2")
                    .replacing("{digest}", with: digest)
                let seen = try await house.visitor.get(address)
                #expect(seen.headers["content-type"] == "application/json", "\(address)")
                let schema = try #require(answer["schema"])
                let faults = Schema.faults(of: try JSON(parsing: seen.text), in: schema, "$")
                #expect(faults == [], "\(address)")
            }
            let refused = try await house.json("/tracks?limit=0", status: 400)
            let problem = Schema.named("Problem")
            #expect(Schema.faults(of: refused, in: problem, "$") == [])
        }
    }

    @Test func `a document of another shape is seen`() {
        let hold: JSON = ["scope": "music", "actor": "os:anna", "since": 3, "odd": true]
        #expect(
            Schema.faults(of: hold, in: Schema.named("Hold"), "$").sorted()
                == [
                    "$.since: 3 is no string", "$: lacks reason", "$: odd is not in the document",
                ].sorted()
        )
    }

    @Test func `tells and draws numbers over time`() async throws {
        try await House.open { house in
            try await house.waits(for: "branched")
            let path = "\(House.path)/series"
            var points: [JSON] = []
            // A poll a second: two make a line.
            while points.count(where: { $0["source"] == "quality" }) < 2 {
                points = try await house.json(path)["points"]?.arrayValue ?? []
                _ = try await house.visitor.events { $0.contains { $0.name == "beat" } }
            }
            let quality = points.filter { $0["source"] == "quality" }
            #expect(quality.allSatisfy { $0["values"]?["quality.crash_free"]?.numberValue != nil })
            #expect(points.contains { $0["values"]?["tracker.blockers.open"] == 2 })
            #expect(points.allSatisfy { $0["values"]?["tracker.note"] == nil }, "it is no number")

            let one = try await house.json("\(path)?fact=tracker.note")["points"]?.arrayValue ?? []
            #expect(!one.isEmpty && one.allSatisfy { $0["source"] == "tracker" })
            #expect(one.first?["values"]?["tracker.note"]?.stringValue != nil)
            let refused = try await house.json("\(path)?fact=tracker.blockers.opn", status: 404)
            #expect(
                refused["detail"]?.stringValue?.contains("did you mean 'tracker.blockers.open'?")
                    == true
            )
        }
    }

    @Test func `has a badge that any page may show`() async throws {
        try await House.open { house in
            try await house.waits(for: "branched")
            let seen = try await house.visitor.get(
                "/api/v1\(House.path)/badge.svg",
                ["Origin": "https://wiki.example", "Sec-Fetch-Site": "cross-site"]
            )
            #expect(seen.status == 200)
            #expect(seen.headers["content-type"] == "image/svg+xml")
            #expect(seen.headers["cross-origin-resource-policy"] == "cross-origin")
            #expect(seen.text.contains("ios 8.9.2"))
            #expect(seen.text.contains("branched ◐"))
        }
    }
}

extension JSON {
    fileprivate mutating func remove(_ name: String) {
        guard case .object(var members) = self else { return }
        members[name] = nil
        self = .object(members)
    }
}

/// As much of JSON Schema as the document uses.
enum Schema {
    static func named(_ name: String) -> JSON {
        OpenAPI.document["components"]?["schemas"]?[name] ?? false
    }

    static func faults(of value: JSON, in schema: JSON, _ place: String) -> [String] {
        if let name = schema["$ref"]?.stringValue {
            return faults(
                of: value,
                in: named(String(name.split(separator: "/").last ?? "")),
                place
            )
        }
        if let choices = schema["anyOf"]?.arrayValue {
            let all = choices.map { faults(of: value, in: $0, place) }
            return all.contains([]) ? [] : all.first ?? []
        }
        guard schema.objectValue != nil else { return ["\(place): there is no such schema"] }
        let types =
            schema["type"]?.arrayValue?.compactMap(\.stringValue)
            ?? [schema["type"]?.stringValue].compactMap(\.self)
        if !types.isEmpty, !types.contains(where: { fits(value, $0) }) {
            return ["\(place): \(value) is no \(types.joined(separator: ", "))"]
        }
        var found: [String] = []
        if let words = schema["enum"]?.arrayValue, !words.contains(value) {
            found.append("\(place): \(value) is not one of its words")
        }
        if schema["format"] == "date-time", let text = value.stringValue,
            Instant(rfc3339: text) == nil
        {
            found.append("\(place): \(text) is no time")
        }
        if let members = value.objectValue, let properties = schema["properties"]?.objectValue {
            for name in schema["required"]?.arrayValue?.compactMap(\.stringValue) ?? []
            where members[name] == nil { found.append("\(place): lacks \(name)") }
            for (name, member) in members {
                if let property = properties[name] {
                    found += faults(of: member, in: property, "\(place).\(name)")
                } else if schema["additionalProperties"] == false {
                    found.append("\(place): \(name) is not in the document")
                }
            }
        }
        if let items = schema["items"] {
            for (index, item) in (value.arrayValue ?? []).enumerated() {
                found += faults(of: item, in: items, "\(place)[\(index)]")
            }
        }
        return found
    }

    private static func fits(_ value: JSON, _ type: String) -> Bool {
        switch (value, type) {
        case (.null, "null"), (.bool, "boolean"), (.int, "integer"), (.int, "number"),
            (.double, "number"), (.string, "string"), (.array, "array"), (.object, "object"):
            true
        default: false
        }
    }
}
