import ConductorCore
import HTTPTypes

/// A file that never changes under its address: the address names its content.
struct Asset: Sendable {
    var path: String
    var answer: Answer

    init(name: String, ending: String, type: String, text: String) {
        var answer = Answer(.ok, type: type, body: Array(text.utf8))
        answer.isImmutable = true
        let tag = (answer.tag ?? "").filter { $0 != "\"" }
        path = "/assets/\(name)-\(tag).\(ending)"
        self.answer = answer
    }
}

/// The files that pages ask for.
enum Assets {
    static let style = Asset(
        name: "page",
        ending: "css",
        type: "text/css; charset=utf-8",
        text: Stylesheet.text
    )
    static let script = Asset(
        name: "page",
        ending: "js",
        type: "text/javascript; charset=utf-8",
        text: Script.text
    )
    static let icon = Asset(
        name: "icon",
        ending: "svg",
        type: "image/svg+xml",
        text: """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">\
            <rect width="16" height="16" rx="4" fill="#1f4e79"/>\
            <path d="M3 11h4l2-6h4" fill="none" stroke="#fff" stroke-width="2"/>\
            <circle cx="13" cy="5" r="1.8" fill="#7fd1a0"/></svg>

            """
    )
    static let all = [style, script, icon]
}
