import ConductorCore

/// What goes wrong between a conductor and its vendors, by the throw of dice.
///
/// The same seed has the same trouble, as long as the same is asked.
struct VendorTrouble: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        /// Refused before anything was done.
        case busy
        /// Done, and the answer is lost.
        case lost
        /// A read answers what was true before.
        case stale
        /// A read answers with a word that was never seen.
        case lie
    }

    private var dice: Dice?
    private(set) var count: [Kind: Int] = [:]
    /// The newest answer to each address, and the one before it.
    private var answers: [String: (newest: VendorReply, older: VendorReply?)] = [:]

    /// Without a seed nothing goes wrong.
    init(seed: UInt64?) { dice = seed.map { Dice(seed: $0) } }

    /// What goes wrong with this request, if anything does; two or three in a hundred.
    mutating func strike(_ request: VendorRequest) -> Kind? {
        guard var dice = dice else { return nil }
        let throw_ = dice.roll(0...999)
        self.dice = dice
        let kind: Kind? =
            switch throw_ {
            case 0..<12: .busy
            case 12..<18: request.isRead ? .busy : .lost
            case 18..<24: request.isRead ? .stale : .lost
            case 24..<28: request.isRead ? .lie : nil
            default: nil
            }
        if let kind { count[kind, default: 0] += 1 }
        return kind
    }

    /// Remembers an answer to a read.
    mutating func remember(_ reply: VendorReply, to request: VendorRequest) {
        guard dice != nil else { return }
        let before = answers[request.uri]?.newest
        answers[request.uri] = (reply, before)
    }

    /// What was answered before.
    func older(_ request: VendorRequest) -> VendorReply? { answers[request.uri]?.older }

    /// An answer in which one word in capitals is none that anybody knows, or an object is a list.
    static func lie(_ reply: VendorReply) -> VendorReply {
        guard let json = try? JSON(parsing: reply.body) else { return reply }
        var lied = reply
        lied.body = twisted(json).canonicalBytes
        return lied
    }

    private static func twisted(_ json: JSON) -> JSON {
        switch json {
        case .object(let members):
            return .object(
                members.mapValues { member in
                    if let word = member.stringValue, word.count > 6,
                        word.utf8.allSatisfy({ (65...90).contains($0) || $0 == 95 })
                    {
                        return "NEVER_SEEN_BEFORE"
                    }
                    return twisted(member)
                }
            )
        case .array(let elements): return .array(elements.map(twisted))
        case .null, .bool, .int, .double, .string: return json
        }
    }
}
