import Foundation
import Testing

/// The repository as the rules see it.
enum House {
    static let root = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Files under a folder of the repository, in order of path; what a build makes is left out.
    static func files(under folder: String, ending: [String]) -> [URL] {
        let start = folder.isEmpty ? root : root.appending(path: folder)
        let walk = FileManager.default.enumerator(atPath: start.path())
        var found: [String] = []
        while let path = walk?.nextObject() as? String {
            let last = (path as NSString).lastPathComponent
            if last.hasPrefix(".build") || last == ".git" {
                walk?.skipDescendants()
                continue
            }
            if ending.contains(where: path.hasSuffix) { found.append(path) }
        }
        return found.sorted().map { start.appending(path: $0) }
    }

    static func text(of file: URL) throws -> String {
        try String(contentsOf: file, encoding: .utf8)
    }

    static func lines(of file: URL) throws -> [String] {
        try text(of: file).components(separatedBy: "\n")
    }

    /// Runs a tool of the toolchain and gives what it prints.
    static func output(of tool: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [tool] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(tool) ends with a fault")
        return String(decoding: data, as: UTF8.self)
    }

    /// A folder for bad samples, removed afterwards.
    static func withSample<Result>(
        _ source: String,
        _ body: (URL) throws -> Result
    ) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "Sample.swift")
        try source.write(to: file, atomically: true, encoding: .utf8)
        return try body(file)
    }
}

/// What the pure targets may import, and what their objects may ask for.
@Suite struct `Purity` {
    static let allowed = ["CEL": ["Swift"], "ConductorCore": ["CEL", "Swift"]]

    /// The compiler's own list of what files import.
    private func imports(_ files: [URL]) throws -> Set<String> {
        let list = try House.output(
            of: "swiftc",
            ["-emit-imported-modules"] + files.map { $0.path() } + ["-o", "-"]
        )
        return Set(list.split(whereSeparator: \.isWhitespace).map(String.init))
    }

    @Test(arguments: ["CEL", "ConductorCore"])
    func `a pure target imports no way out`(target: String) throws {
        let files = House.files(under: "Sources/\(target)", ending: [".swift"])
        #expect(!files.isEmpty)
        let allowed = Set(Self.allowed[target] ?? [])
        #expect(try imports(files).subtracting(allowed) == [])
    }

    @Test func `an import of Foundation is seen`() throws {
        let found = try House.withSample("internal import Foundation\n") { try imports([$0]) }
        #expect(found.contains("Foundation"))
    }

    /// Symbols that reach for a clock, chance, the environment, files, output or other tasks.
    static let waysOut = [
        "ContinuousClock", "SuspendingClock", "RandomNumberGenerator", "$ss5print_",
        "$ss10debugPrint_", "$ss4dump_", "$ss8readLine", "$ss11CommandLineO", "$s10Foundation",
        "swift_task", "swift_async", "swift_stdlib_random", "6random", "7shuffle", "8shuffled",
        "13randomElement",
    ]
    /// What C gives that has no memory and no eyes.
    static let harmless: Set = [
        "memcpy", "memmove", "memset", "memcmp", "ceil", "floor", "rint", "round", "trunc", "fmod",
        "pow", "sqrt", "strlen", "__stack_chk_fail", "abs",
    ]

    private func breaches(in objects: [URL]) throws -> [String] {
        let listing = try House.output(of: "nm", ["-u"] + objects.map { $0.path() })
        let symbols = listing.split(separator: "\n").compactMap { line -> String? in
            let words = line.split(separator: " ")
            guard words.count == 2, words[0] == "U" || words[0] == "w" else { return nil }
            return String(words[1])
        }
        try #require(!symbols.isEmpty)
        return Set(symbols).sorted().filter { symbol in
            if Self.waysOut.contains(where: symbol.contains) { return true }
            let isSwift =
                symbol.hasPrefix("$s") || symbol.hasPrefix("swift_")
                || symbol.hasPrefix("_swift_") || symbol.hasPrefix("__swift_")
                || symbol.hasPrefix("symbolic ") || symbol.hasPrefix("_$s")
            return !isSwift && !Self.harmless.contains(symbol)
        }
    }

    @Test(arguments: ["CEL", "ConductorCore"])
    func `the objects of a pure target ask for no way out`(target: String) throws {
        let folder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
            .deletingLastPathComponent().appending(path: "\(target).build")
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path())
        let objects = names.filter { $0.hasSuffix(".o") }.map { folder.appending(path: $0) }
        try #require(!objects.isEmpty)
        #expect(try breaches(in: objects) == [])
    }

    @Test(arguments: [
        "public func f() -> Int { Int.random(in: 0..<6) }",
        "public func f() -> ContinuousClock.Instant { ContinuousClock.now }",
        "public func f() { print(1) }",
        "public func f() -> String { CommandLine.arguments[0] }",
        "import Glibc\npublic func f() -> Int { time(nil) }",
        "import Glibc\npublic func f() -> Bool { getenv(\"HOME\") == nil }",
        "public func f() async { await Task.yield() }",
    ])
    func `a way out is seen`(source: String) throws {
        let found = try House.withSample(source) { file in
            let object = file.deletingLastPathComponent().appending(path: "Sample.o")
            _ = try House.output(
                of: "swiftc",
                ["-parse-as-library", "-c", file.path(), "-o", object.path()]
            )
            return try breaches(in: [object])
        }
        #expect(!found.isEmpty)
    }
}

/// The arrows between targets: only downwards, siblings never.
@Suite struct `Floors` {
    static let floors: [String: Int] = [
        "CEL": 0, "CZlib": 0, "ConductorCore": 1, "ConductorPorts": 2, "ConductorFiles": 3,
        "SourceAdapters": 3, "ConductorJournal": 3, "ConductorRuntime": 3,
        "ConductorDashboard": 3, "Backlot": 3, "conductord": 4,
    ]

    /// They stand beside the floors, and nothing that people get imports them.
    static let forTests: Set<String> = ["AdapterTesting", "ConductorTesting"]

    /// The modules that a file imports, as its lines say it.
    static func imports(in lines: [String]) -> [String] {
        lines.compactMap { line in
            let words = line.split(separator: " ").map(String.init)
            guard let place = words.firstIndex(of: "import"), place + 1 < words.count,
                words[..<place].allSatisfy({
                    ["public", "package", "internal", "private", "fileprivate"].contains($0)
                        || $0.hasPrefix("@")
                })
            else { return nil }
            return words[place + 1].split(separator: ".").first.map(String.init)
        }
    }

    static func breaches(target: String, imports: [String]) -> [String] {
        guard let floor = floors[target] else { return ["\(target) stands on no floor"] }
        return imports.filter { name in
            forTests.contains(name) || (floors[name].map { $0 >= floor } ?? false)
        }
    }

    @Test func `every target imports from below only`() throws {
        let sources = House.root.appending(path: "Sources")
        let targets = try FileManager.default.contentsOfDirectory(atPath: sources.path()).sorted()
        #expect(targets.contains("ConductorCore"))
        for target in targets where !Self.forTests.contains(target) {
            for file in House.files(under: "Sources/\(target)", ending: [".swift"]) {
                let imports = Self.imports(in: try House.lines(of: file))
                let found = Self.breaches(target: target, imports: imports)
                #expect(found == [], "\(target)/\(file.lastPathComponent)")
            }
        }
    }

    @Test func `an arrow upwards or sideways is seen`() {
        let lines = ["package import ConductorCore", "  @testable import ConductorRuntime"]
        #expect(Self.imports(in: lines) == ["ConductorCore", "ConductorRuntime"])
        #expect(Self.breaches(target: "ConductorPorts", imports: ["ConductorRuntime"]) != [])
        #expect(Self.breaches(target: "ConductorJournal", imports: ["ConductorRuntime"]) != [])
        #expect(Self.breaches(target: "conductord", imports: ["ConductorTesting"]) != [])
        #expect(Self.breaches(target: "conductord", imports: ["AdapterTesting"]) != [])
        #expect(Self.breaches(target: "Cellar", imports: []) != [])
        #expect(Self.breaches(target: "ConductorRuntime", imports: ["ConductorPorts"]) == [])
    }
}

/// Switches over our own enums name every case, so that a new one is seen everywhere.
@Suite struct `Exhaustive switches` {
    /// Switches over texts, numbers, foreign enums or tuples, where a default is the only way.
    static let allowed: [String: Int] = [
        "Conductor.swift": 1, "Decision/Evaluation.swift": 1, "Machine/Checks/Overlap.swift": 2,
        "Model/Instant.swift": 1, "Model/JSON.swift": 1, "Model/JSONParser.swift": 3,
        "Model/Scope.swift": 2, "Rules/ClockComparison.swift": 1, "Rules/CompiledMachine.swift": 1,
        "Rules/Profile.swift": 1, "Snapshot/FactSchema.swift": 1,
    ]

    static func defaults(in lines: [String]) -> Int {
        lines.count { line in
            line.drop { $0 == " " }.hasPrefix("default:")
                || line.drop { $0 == " " }.hasPrefix("@unknown default:")
        }
    }

    @Test func `the core has no default where it could name the cases`() throws {
        var found: [String: Int] = [:]
        for file in House.files(under: "Sources/ConductorCore", ending: [".swift"]) {
            let count = Self.defaults(in: try House.lines(of: file))
            guard count > 0 else { continue }
            let parts = file.path().components(separatedBy: "Sources/ConductorCore/")
            found[parts.last ?? "", default: 0] = count
        }
        #expect(found == Self.allowed, "a stale exception is a fault, too")
    }

    @Test func `a default is seen`() {
        #expect(Self.defaults(in: ["switch phase {", "    default: return", "}"]) == 1)
        #expect(Self.defaults(in: ["found[key, default: []].append(1)"]) == 0)
    }
}

/// The project speaks of itself alone.
@Suite struct `Words` {
    /// Written in two halves, so that this file does not hold them.
    static let forbidden = [
        "/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/", "/Us" + "ers/", "COMM" + "ON.md",
        "chat" + "gpt", "clau" + "de",
    ]

    static func found(in text: String) -> [String] {
        let lower = text.lowercased()
        return forbidden.filter { lower.contains($0.lowercased()) }
    }

    @Test func `no file holds a machine's path or a word of the workplace`() throws {
        let files = House.files(
            under: "",
            ending: [".swift", ".md", ".yaml", ".yml", ".txt", ".json", "Makefile", ".sh"]
        )
        #expect(files.count > 100)
        for file in files {
            guard let text = try? House.text(of: file) else { continue }
            #expect(Self.found(in: text) == [], "\(file.path())")
        }
    }

    @Test func `a word is seen`() {
        #expect(Self.found(in: "see /wo" + "rk/x") != [])
        #expect(Self.found(in: "see the network") == [])
    }

    @Test func `no file pins what others resolve`() throws {
        let ignored = try House.lines(of: House.root.appending(path: ".gitignore"))
        #expect(ignored.contains("Package.resolved"))
    }
}
