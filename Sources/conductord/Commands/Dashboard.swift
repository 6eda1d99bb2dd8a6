import ArgumentParser
import ConductorCore
import ConductorDashboard
import Foundation
import Logging

/// `conductord dashboard`.
struct Dashboard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let people and programs look and act on the page and its interface.",
        discussion: """
            Examples:
              conductord dashboard login
              conductord dashboard token create ci --role viewer --for 30d
              conductord dashboard token revoke ci
            """,
        subcommands: [DashboardLogin.self, DashboardToken.self]
    )
}

/// `conductord dashboard login`.
struct DashboardLogin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Print a link that logs a browser on this machine in, once, within five minutes.",
        discussion: """
            Whoever can run this can do everything already; the link lets their browser do the same.

            Examples:
              conductord dashboard login
              xdg-open "$(conductord dashboard login)"
            """
    )

    @OptionGroup var places: PlaceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        guard let data = FileManager.default.contents(atPath: places.pageFilePath) else {
            throw Cannot(
                "no page is open: 'http' in conductor.yaml says where it is, and 'conductord run'"
                    + " opens it"
            )
        }
        let address = String(decoding: data, as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let now = SystemClock().wall()
        LoginLink.sweep(in: places.state, at: now)
        let secret: String
        do {
            secret = try LoginLink.make(by: Peer.ownName, in: places.state, at: now)
        } catch {
            throw Cannot("\(error)")
        }
        let link = address + "login/link?code=" + secret
        if output.json {
            let expires = now + LoginLink.lifetime
            try Output.print(["link": .string(link), "expires": .string(expires.description)])
        } else {
            try Output.print(link)
        }
    }
}
