import ConductorCore
import HTTPTypes

/// A small picture of where a track is, for other pages to show.
enum Badge {
    private static let letter = 7
    private static let longest = 40

    static func svg(of track: TrackView) -> Answer {
        let state = track.state
        let left = shortened("\(state.track.platform) \(state.track.version)")
        let right = shortened("\(state.stage ?? "not placed") \(track.shownLight.sign)")
        let leftWidth = left.count * letter + 14
        let rightWidth = right.count * letter + 14
        let colour: HTML =
            switch track.shownLight {
            case .grey: "#59616b"
            case .green: "#1a6b39"
            case .yellow: "#7a5200"
            case .unknown: "#6a3fa0"
            case .red: "#a4161a"
            }
        let words = "\(state.track): \(state.stage ?? "not placed"), \(track.shownLight.word)"
        let picture: HTML = """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(leftWidth + rightWidth)" height="20" \
            role="img" aria-label="\(words)"><title>\(words)</title>\
            <rect width="\(leftWidth)" height="20" fill="#3b424a"/>\
            <rect x="\(leftWidth)" width="\(rightWidth)" height="20" fill="\(colour)"/>\
            <g fill="#fff" font-family="DejaVu Sans,Verdana,sans-serif" font-size="11" text-anchor="middle">\
            <text x="\(leftWidth / 2)" y="14">\(left)</text>\
            <text x="\(leftWidth + rightWidth / 2)" y="14">\(right)</text></g></svg>

            """
        return Answer(.ok, type: "image/svg+xml", body: Array(picture.text.utf8))
    }

    private static func shortened(_ text: String) -> String {
        text.count > longest ? text.prefix(longest - 1) + "…" : text
    }
}
