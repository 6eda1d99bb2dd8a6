import ConductorCore
import ConductorPorts
import HTTPTypes

/// Takes what people ask for, and hands it to the conductor: the page's one way to change anything.
struct Counter: Sendable {
    let archive: any Archive
    let inbox: any Inbox

    // MARK: From a page

    /// The fields of a form that are not part of the wish.
    private static let ownFields = ["stamp", "id", "revision", "seen", "reason"]

    /// Asks for what a form says, and shows the answer.
    ///
    /// - Throws: `Problem` for what nobody, or not this one, may ask.
    func answer(
        _ form: Form,
        verb: String,
        track: TrackID?,
        by caller: Caller
    ) async throws -> Answer {
        let wish = try Wish(verb, form.others(than: Self.ownFields), track: track)
        try wish.check(caller)
        guard let id = form.value("id"), Self.isID(id) else {
            throw Problem(.badRequest, "the form has no id: open the question anew")
        }
        var revision: Int?
        if let text = form.value("revision") {
            guard let number = Int(text), number >= 0 else {
                throw Problem(.badRequest, "'revision' is a whole number")
            }
            revision = number
        }
        if track != nil, revision == nil {
            throw Problem(
                .badRequest,
                "the form does not say what was seen: open the question anew"
            )
        }
        let command = Command(
            id: id,
            actor: caller.actor,
            scope: wish.scope,
            request: wish.request,
            reason: try Self.reason(form.value("reason")),
            // A release's and an app's tracks have revisions of their own.
            basedOn: wish.scope.level == .track ? revision : nil
        )
        let reply = try await inbox.submit(command)
        var changes: [String] = []
        if !reply.accepted, let track, let seen = form.value("seen").flatMap(Instant.init(rfc3339:))
        {
            changes = await self.changes(on: track, since: seen, beside: id)
        }
        let page = AnswerPage(
            wish: wish,
            track: track,
            caller: caller,
            reply: reply,
            changes: changes
        )
        return .page(page.html, status: reply.accepted ? .ok : .conflict)
    }

    /// The most that is told of what changed.
    private static let mostChanges = 12

    /// What happened to a track since somebody looked, newest last.
    private func changes(on track: TrackID, since: Instant, beside id: String) async -> [String] {
        let story: TimelineReport
        do {
            story = try await archive.timeline(of: track, at: nil)
        } catch {
            return ["what has happened since cannot be told: \(error)"]
        }
        let events = story.history.events.filter { event in
            event.at > since && event.details["id"]?.stringValue != id
        }
        return events.suffix(Self.mostChanges).map { "\(Words.minute($0.at)): \($0.words)" }
    }

    // MARK: From a program

    private static let ownMembers = ["id", "scope", "request", "arguments", "reason", "based_on"]

    /// Asks for what a document says; the answer is that of the command line's `--json`.
    ///
    /// - Throws: `Problem` for what means nothing, and what nobody, or not this one, may ask.
    func answer(_ body: [UInt8], by caller: Caller) async throws -> Answer {
        guard let document = try? JSON(parsing: body), let members = document.objectValue else {
            throw Problem(.badRequest, "the body is no JSON object")
        }
        let names = members.keys.sorted { $0.precedes($1) }
        if let wrong = names.first(where: { !Self.ownMembers.contains($0) }) {
            throw Problem(
                .badRequest,
                "'\(wrong.prefix(40))' means nothing here; known:"
                    + " \(Self.ownMembers.joined(separator: ", "))"
            )
        }
        guard let scope = document["scope"]?.stringValue.flatMap(Scope.init) else {
            throw Problem(.badRequest, "'scope' is *, an app, app/version or a track")
        }
        guard let verb = document["request"]?.stringValue.flatMap(Verb.init) else {
            let known = Verb.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem(.badRequest, "'request' is one of \(known)")
        }
        let arguments = document["arguments"] ?? [:]
        guard arguments == .null || arguments.objectValue != nil else {
            throw Problem(.badRequest, "'arguments' is an object")
        }
        let wish = try Wish(verb, arguments.objectValue ?? [:], at: scope)
        try wish.check(caller)
        var revision: Int?
        if let value = document["based_on"], value != .null {
            guard let number = value.intValue.flatMap(Int.init(exactly:)), number >= 0 else {
                throw Problem(.badRequest, "'based_on' is a whole number")
            }
            revision = number
        }
        var id = "api-" + Secret.make().prefix(32)
        if let value = document["id"], value != .null {
            guard let text = value.stringValue, Self.isID(text) else {
                throw Problem(.badRequest, "'id' has letters, digits and . _ -, 100 at most")
            }
            id = text
        }
        var said: String?
        if let value = document["reason"], value != .null {
            guard let text = value.stringValue else {
                throw Problem(.badRequest, "'reason' is a text")
            }
            said = text
        }
        let reply = try await inbox.submit(
            Command(
                id: id,
                actor: caller.actor,
                scope: wish.scope,
                request: wish.request,
                reason: try Self.reason(said),
                basedOn: revision
            )
        )
        var answer = Answer.json(
            try JSON(encoding: reply),
            status: reply.accepted ? .ok : .conflict
        )
        answer.tag = nil
        return answer
    }

    // MARK: Both

    private static let longestReason = 2_000

    private static func reason(_ text: String?) throws(Problem) -> String? {
        guard let text, !text.isEmpty else { return nil }
        guard text.utf8.count <= longestReason else {
            throw Problem(.badRequest, "'reason' has more than \(longestReason) bytes")
        }
        return text
    }

    private static func isID(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 100
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
                    || byte == UInt8(ascii: "-")
            }
    }
}
