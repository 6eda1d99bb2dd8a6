import ConductorCore

extension Light {
    var ink: Ink {
        switch self {
        case .grey: .faint
        case .green: .green
        case .yellow: .yellow
        case .unknown: .magenta
        case .red: .red
        }
    }

    var cell: Cell { Cell("\(sign) \(rawValue)", ink) }
}

extension ConductorCore.Hold {
    /// `os:anna since 2026-03-02 09:00 UTC: waiting for legal`.
    func words(on page: Page) -> String {
        "\(actor) since \(Words.moment(since, from: page.now))" + (reason.map { ": \($0)" } ?? "")
    }
}
