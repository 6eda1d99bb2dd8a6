import ArgumentParser
import ConductorCore
import ConductorDashboard
import Foundation
import Logging

/// `conductord dashboard token`.
struct DashboardToken: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Make, list and revoke the tokens that the page and its interface accept.",
        discussion: """
            A running daemon notices at once.

            Examples:
              conductord dashboard token create anna --role operator --app music
              conductord dashboard token list
              conductord dashboard token revoke anna
            """,
        subcommands: [
            DashboardTokenCreate.self, DashboardTokenList.self, DashboardTokenRevoke.self,
        ]
    )
}

/// `conductord dashboard token create`.
struct DashboardTokenCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a token, and print it: it is not kept, and never shown again.",
        discussion: """
            Examples:
              conductord dashboard token create experiments --role viewer --for 365d
              conductord dashboard token create anna --role operator --app music --app radio
            """
    )

    @Argument(help: "Its name, which the journal shows as who acted.")
    var name: String

    @Option(help: "What it may: viewer looks, operator acts on tracks, admin does everything.")
    var role: AccessRole

    @Option(help: "An app that it is for; again for further ones. Without it, all.")
    var app: [String] = []

    @Option(name: .customLong("for"), help: "For how long: 12h, 30d.")
    var span: Span = .days(90)

    @OptionGroup var places: PlaceOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        let isName =
            !name.isEmpty && name.utf8.count <= 64
            && name.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || [".", "_", "@", "-"].map { UInt8(ascii: $0) }.contains(byte)
            }
        guard isName else {
            throw ValidationError("A token's name has letters, digits and . _ @ -, 64 at most.")
        }
        guard span > .zero else { throw ValidationError("A token is for longer than nothing.") }
    }

    func run() async throws {
        let quiet = Logger(label: "conductord") { _ in SwiftLogNoOpLogHandler() }
        try Wiring(places: places, logger: quiet).makeStateDirectory()
        let now = SystemClock().wall()
        let secret = APIToken.prefix + Secret.make()
        let apps = Set(app).sorted { $0.precedes($1) }
        let token = APIToken(
            name: name,
            hash: Secret.hash(secret),
            grant: AccessGrant(role: role, apps: apps.isEmpty ? nil : apps),
            created: now,
            expires: now + span
        )
        try Tokens.change(places) { book in
            guard !book.tokens.contains(where: { $0.name == name }) else {
                throw Cannot(
                    "there is, or was, a token '\(name)': the journal could not tell them apart;"
                        + " take another name"
                )
            }
            book.tokens.append(token)
        }
        if output.json {
            var document = token.json.objectValue ?? [:]
            document["token"] = .string(secret)
            try Output.print(.object(document))
        } else {
            try Output.print(secret)
        }
    }
}

/// `conductord dashboard token list`.
struct DashboardTokenList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Every token that was made, what it may, and until when.",
        discussion: """
            Examples:
              conductord dashboard token list --json | jq '.tokens[] | select(.standing == "good")'
            """
    )

    @OptionGroup var places: PlaceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let book: TokenBook
        do {
            book = try TokenBook(path: TokenBook.path(in: places.state))
        } catch {
            throw Cannot("\(error)")
        }
        let now = SystemClock().wall()
        if output.json {
            let items = book.tokens.map { token -> JSON in
                var document = token.json.objectValue ?? [:]
                document["standing"] = .string(token.standing(at: now))
                return .object(document)
            }
            return try Output.print(["tokens": .array(items)])
        }
        guard !book.tokens.isEmpty else { return try Output.print("no token was made yet") }
        let lines = book.tokens.map { token in
            let apps = token.grant.apps?.joined(separator: ", ") ?? "all apps"
            return "\(token.name)  \(token.grant.role.rawValue) of \(apps)"
                + "  \(token.standing(at: now)), until \(token.expires)"
        }
        try Output.print(lines.joined(separator: "\n"))
    }
}

/// `conductord dashboard token revoke`.
struct DashboardTokenRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Let a token, and all who logged in by it, in no more.",
        discussion: """
            Examples:
              conductord dashboard token revoke anna
            """
    )

    @Argument(help: "The token's name.")
    var name: String

    @OptionGroup var places: PlaceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let now = SystemClock().wall()
        let token = try Tokens.change(places) { book in
            guard let place = book.tokens.firstIndex(where: { $0.name == name }) else {
                throw Cannot("there is no token '\(name)'")
            }
            book.tokens[place].revoked = book.tokens[place].revoked ?? now
            return book.tokens[place]
        }
        if output.json {
            try Output.print(token.json)
        } else {
            try Output.print("\(name) is revoked")
        }
    }
}

/// The file of tokens, as commands change it.
private enum Tokens {
    static func change<Result>(
        _ places: PlaceOptions,
        _ change: (inout TokenBook) throws -> Result
    ) throws -> Result {
        do {
            return try TokenBook.change(at: TokenBook.path(in: places.state), change)
        } catch let error as TokenBook.Unreadable {
            throw Cannot("\(error)")
        }
    }
}

extension AccessRole: ExpressibleByArgument {}
