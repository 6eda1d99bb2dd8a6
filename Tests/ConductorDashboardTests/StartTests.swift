import ConductorCore
import ConductorJournal
import Foundation
import NIOCore
import NIOPosix
import Testing

@testable import conductord

@Suite(.timeLimit(.minutes(1))) struct `A start` {
    @Test func `ends with 3 before the first tick where the port is taken`() async throws {
        let directory = FileManager.default.temporaryDirectory.path + "/taken-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try FileManager.default.createDirectory(
            atPath: directory,
            withIntermediateDirectories: true
        )
        let other = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(other.localAddress?.port)
        let rules = House.rules
        let configuration = House.configuration(directory)
            .replacing("127.0.0.1:0", with: "127.0.0.1:\(port)")
        try Data(rules.utf8).write(to: URL(filePath: directory + "/release-states.yaml"))
        try Data(configuration.utf8).write(to: URL(filePath: directory + "/conductor.yaml"))
        let (code, said) = try Self.run(in: directory)
        try await other.close()
        #expect(code == 3, "\(said)")
        #expect(said.contains("cannot listen on 127.0.0.1:\(port)"), "\(said)")
        let journal = directory + "/.conductord/journal.sqlite"
        #expect(try ReadOnlyJournal(path: journal).tick() == nil)
    }

    /// Runs the daemon until it ends.
    private static func run(in directory: String) throws -> (code: Int32, said: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
            .deletingLastPathComponent().appending(path: "conductord")
        process.arguments = ["run"]
        process.currentDirectoryURL = URL(filePath: directory)
        let pipe = Pipe()
        process.standardError = pipe
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        let said = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, said)
    }

    /// A certificate and, beside it, a key that may be its own.
    private static func write(_ certificate: String, _ key: String, in directory: String) throws {
        try FileManager.default.createDirectory(
            atPath: directory,
            withIntermediateDirectories: true
        )
        try Data(certificate.utf8).write(to: URL(filePath: directory + "/c.pem"))
        try Data(key.utf8).write(to: URL(filePath: directory + "/k.pem"))
    }

    @Test(arguments: [
        ("", Certificates.key, "c.pem cannot be read"),
        ("nonsense", Certificates.key, "c.pem cannot be read"),
        (Certificates.own, "nonsense", "k.pem cannot be read"),
        (Certificates.own, Certificates.otherKey, "k.pem is not that of the certificate"),
    ])
    func `ends with 3 before the first tick where a certificate is none`(
        _ certificate: String,
        _ key: String,
        _ words: String
    ) throws {
        let directory = FileManager.default.temporaryDirectory.path + "/tls-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try Self.write(certificate, key, in: directory)
        let http = "{listen: 127.0.0.1:0, tls: {certificate: c.pem, key: k.pem}}"
        let configuration = House.configuration(directory, http: http)
        try Data(House.rules.utf8).write(to: URL(filePath: directory + "/release-states.yaml"))
        try Data(configuration.utf8).write(to: URL(filePath: directory + "/conductor.yaml"))
        let (code, said) = try Self.run(in: directory)
        #expect(code == 3, "\(said)")
        #expect(said.contains(words), "\(said)")
        let journal = directory + "/.conductord/journal.sqlite"
        #expect(try ReadOnlyJournal(path: journal).tick() == nil)
    }

    private static let curl = "/usr/bin/curl"

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: curl), "there is no curl"))
    func `with a certificate serves over TLS alone`() async throws {
        let directory = FileManager.default.temporaryDirectory.path + "/tls-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try Self.write(Certificates.own, Certificates.key, in: directory)
        let files = "{certificate: \(directory)/c.pem, key: \(directory)/k.pem}"
        try await House.open(http: "{listen: 127.0.0.1:0, access: {}, tls: \(files)}") { house in
            let base = "https://127.0.0.1:\(house.visitor.port)"
            func curl(_ path: String, _ more: [String] = []) throws -> String {
                let process = Process()
                process.executableURL = URL(filePath: Self.curl)
                process.arguments =
                    ["--silent", "--include", "--cacert", directory + "/c.pem"] + more + [
                        base + path
                    ]
                let pipe = Pipe()
                process.standardOutput = pipe
                try process.run()
                let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
                process.waitUntilExit()
                return String(decoding: bytes, as: UTF8.self)
            }
            #expect(try curl("/healthz").hasPrefix("HTTP/1.1 200"))
            let token = try house.token("anna", .viewer)
            let login = try curl("/login", ["-H", "Origin: \(base)", "-d", "token=\(token)"])
            let field = try #require(login.firstRange(of: "__Host-conductord="))
            let cookie = login[field.upperBound...].prefix { $0 != ";" }
            #expect(login[field.upperBound...].prefix { !$0.isNewline }.hasSuffix("; Secure"))
            // A cookie that another page of this host could have set is none.
            for (name, status) in [("__Host-conductord", "200"), ("conductord", "401")] {
                let seen = try curl("/account", ["-H", "Cookie: \(name)=\(cookie)"])
                #expect(seen.hasPrefix("HTTP/1.1 \(status)"))
            }
            // Whoever speaks without TLS is not understood.
            let plain = try await house.visitor.send(
                Visitor.request("GET", "/healthz", port: house.visitor.port)
            )
            #expect(!String(decoding: plain, as: UTF8.self).contains("200"))
        }
    }
}
