import ConductorCore
import Glibc

/// What is printed on: colours, width, and the moment that ages are told from.
struct Page: Sendable {
    var hasColours: Bool
    /// Columns; nil where lines may be as long as they like.
    var width: Int?
    /// The reader's wall clock; nil leaves "ago" out.
    var now: Instant?

    init(hasColours: Bool = false, width: Int? = nil, now: Instant? = nil) {
        self.hasColours = hasColours
        self.width = width
        self.now = now
    }

    /// The text in an ink, where there are colours.
    func paint(_ text: String, _ inks: Ink...) -> String { paint(text, inks) }

    func paint(_ text: String, _ inks: [Ink]) -> String {
        guard hasColours, !inks.isEmpty, !text.isEmpty else { return text }
        return "\u{1B}[\(inks.map(\.code).joined(separator: ";"))m\(text)\u{1B}[0m"
    }
}

/// How a text looks on a terminal.
///
/// It never says anything that the text does not say too.
enum Ink: Sendable, Hashable {
    case bold, faint, red, green, yellow, blue, magenta, cyan

    var code: String {
        switch self {
        case .bold: "1"
        case .faint: "2"
        case .red: "31"
        case .green: "32"
        case .yellow: "33"
        case .blue: "34"
        case .magenta: "35"
        case .cyan: "36"
        }
    }
}

/// What stands at the end of a file descriptor.
struct Terminal: Sendable {
    let isTerminal: Bool
    let hasColours: Bool
    /// Columns; nil where it is no terminal, or does not say.
    let width: Int?

    static var output: Terminal { Terminal(descriptor: STDOUT_FILENO) }
    static var errors: Terminal { Terminal(descriptor: STDERR_FILENO) }

    init(descriptor: Int32) {
        isTerminal = isatty(descriptor) == 1
        hasColours = Self.hasColours(isTerminal: isTerminal, variable: Self.variable)
        var size = winsize()
        let asked = unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size)
        width = isTerminal && asked == 0 && size.ws_col >= 40 ? Int(size.ws_col) : nil
    }

    /// Colours only on a terminal; `NO_COLOR` forbids them and `CLICOLOR_FORCE` asks for them.
    static func hasColours(isTerminal: Bool, variable: (String) -> String?) -> Bool {
        if let no = variable("NO_COLOR"), !no.isEmpty { return false }
        if let force = variable("CLICOLOR_FORCE"), !force.isEmpty, force != "0" { return true }
        return isTerminal && variable("TERM") != "dumb"
    }

    private static func variable(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }

    /// The page that this is.
    func page(now: Instant?) -> Page { Page(hasColours: hasColours, width: width, now: now) }
}
