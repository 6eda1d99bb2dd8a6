/// The placeholders `${...}` of a text.
struct Template {
    struct Placeholder: Equatable {
        var name: String
        /// Where the name begins, in code points of the text.
        var offset: Int
    }

    var placeholders: [Placeholder] = []
    /// Where a `${` stands that is never closed.
    var unclosed: Int?

    init(_ text: String) {
        let scalars = Array(text.unicodeScalars)
        var index = 0
        while index + 1 < scalars.count {
            guard scalars[index] == "$", scalars[index + 1] == "{" else {
                index += 1
                continue
            }
            guard let end = scalars[(index + 2)...].firstIndex(of: "}") else {
                unclosed = index
                return
            }
            var name = String.UnicodeScalarView()
            name.append(contentsOf: scalars[(index + 2)..<end])
            placeholders.append(Placeholder(name: String(name), offset: index + 2))
            index = end + 1
        }
    }

    /// What texts of actions may name, beside parameters.
    static let actionNames = [
        "track.app", "track.platform", "track.version", "track.release", "track.id",
        "candidate.commit", "candidate.build", "candidate.digest", "from", "to", "step", "key",
        "journal.head",
    ]
}
