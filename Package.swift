// swift-tools-version: 6.2
// Targets stand by floor: a target imports only from floors below it; siblings never meet.
import PackageDescription

let argumentParser = Target.Dependency.product(
    name: "ArgumentParser",
    package: "swift-argument-parser"
)
let asyncHTTPClient = Target.Dependency.product(
    name: "AsyncHTTPClient",
    package: "async-http-client"
)
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let grdbSQLite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(
    name: "HummingbirdCore",
    package: "hummingbird"
)
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let jwtKit = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let lifecycle = Target.Dependency.product(
    name: "ServiceLifecycle",
    package: "swift-service-lifecycle"
)
let unixSignals = Target.Dependency.product(
    name: "UnixSignals",
    package: "swift-service-lifecycle"
)
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "conductord",
    products: [
        .library(name: "CEL", targets: ["CEL"]),
        .executable(name: "conductord", targets: ["conductord"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        // Floor 0: the Common Expression Language. Knows nothing of releases.
        // The standard library's own code calls libm, which only Foundation would link otherwise.
        .target(name: "CEL", linkerSettings: [.linkedLibrary("m")]),
        .testTarget(name: "CELTests", dependencies: ["CEL"]),
        // Floor 1: model, machine, deciding, explaining, replay. Pure.
        .target(name: "ConductorCore", dependencies: ["CEL"]),
        // Floor 2: the protocols where the outside meets.
        .target(name: "ConductorPorts", dependencies: ["ConductorCore"]),
        // Floor 3: files, backends, the journal, the loops. They never see each other.
        .target(
            name: "ConductorFiles",
            dependencies: ["CEL", "ConductorCore", "ConductorPorts", yams]
        ),
        .target(
            name: "SourceAdapters",
            dependencies: [
                "ConductorCore", "ConductorPorts", asyncHTTPClient, jwtKit, logging, nioCore,
                nioHTTP1, nioPosix, subprocess, systemPackage, yams,
            ]
        ),
        .target(
            name: "ConductorJournal",
            dependencies: ["ConductorCore", "ConductorPorts", crypto, grdb, grdbSQLite]
        ),
        .target(name: "ConductorRuntime", dependencies: ["ConductorCore", "ConductorPorts"]),
        // The page and the API: they read what the runtime publishes and what the journal answers.
        .target(
            name: "ConductorDashboard",
            dependencies: [
                "ConductorCore", "ConductorPorts", "CZlib", crypto, httpTypes, hummingbird,
                hummingbirdCore, hummingbirdTLS, logging, nioCore,
            ]
        ),
        // The system's zlib: pages are compressed once per view.
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        // A scripted clock and a scripted world, for the demo and for tests.
        .target(
            name: "Backlot",
            dependencies: [
                "ConductorCore", "ConductorPorts", crypto, cryptoExtras, nioCore, nioHTTP1,
                nioPosix,
            ]
        ),
        // For tests alone: scenarios, scripted clocks, dice, the simulator.
        .target(
            name: "ConductorTesting",
            dependencies: [
                "CEL", "ConductorCore", "ConductorPorts", "ConductorJournal", "ConductorRuntime",
                "SimulationKernel",
            ]
        ),
        // For tests alone: what every adapter must be like, and a server that plays any backend.
        .target(
            name: "AdapterTesting",
            dependencies: ["ConductorCore", "ConductorPorts", nioCore, nioHTTP1, nioPosix]
        ),
        // The simulator's ground: a disk in memory that can lose power, and one thread for all tasks.
        .target(name: "SimulationKernel", linkerSettings: [.linkedLibrary("sqlite3")]),
        // Floor 4: the executable; one command a file, wiring in one place.
        .executableTarget(
            name: "conductord",
            dependencies: [
                "Backlot", "CEL", "ConductorCore", "ConductorPorts", "ConductorFiles",
                "SourceAdapters", "ConductorDashboard", "ConductorJournal", "ConductorRuntime",
                argumentParser, lifecycle, logging, nioCore, nioPosix, unixSignals,
            ]
        ),
        .testTarget(
            name: "BacklotTests",
            dependencies: [
                "Backlot", "ConductorCore", "ConductorPorts", "ConductorFiles",
                "ConductorJournal", "ConductorRuntime", "SourceAdapters", "conductord",
                argumentParser,
            ]
        ),
        .testTarget(
            name: "ConductorCoreTests",
            dependencies: ["CEL", "ConductorCore", "ConductorJournal", "ConductorTesting"]
        ),
        // A whole conductor, its page, and visitors of every kind.
        .testTarget(
            name: "ConductorDashboardTests",
            dependencies: [
                "AdapterTesting", "ConductorCore", "ConductorDashboard", "ConductorFiles",
                "ConductorJournal", "ConductorPorts", "ConductorRuntime", "ConductorTesting",
                "SourceAdapters", "conductord", crypto, httpTypes, logging, nioCore, nioPosix,
            ]
        ),
        .testTarget(
            name: "ConductorFilesTests",
            dependencies: ["CEL", "ConductorCore", "ConductorFiles", "ConductorPorts"]
        ),
        .testTarget(
            name: "ConductorJournalTests",
            dependencies: [
                "CEL", "ConductorCore", "ConductorJournal", "ConductorPorts", grdb, grdbSQLite,
            ]
        ),
        .testTarget(
            name: "ConductorRuntimeTests",
            dependencies: [
                "CEL", "ConductorCore", "ConductorJournal", "ConductorPorts", "ConductorRuntime",
                "ConductorTesting",
            ]
        ),
        .testTarget(
            name: "conductordTests",
            dependencies: [
                "CEL", "ConductorCore", "ConductorFiles", "ConductorJournal", "ConductorPorts",
                "conductord",
            ]
        ),
        // It reads the object files of what it depends on.
        .testTarget(name: "HouseRulesTests", dependencies: ["CEL", "ConductorCore"]),
        .testTarget(
            name: "SourceAdaptersTests",
            dependencies: [
                "AdapterTesting", "Backlot", "ConductorCore", "ConductorFiles", "ConductorJournal",
                "ConductorPorts", "ConductorRuntime", "ConductorTesting", "SourceAdapters",
                cryptoExtras, jwtKit, logging, nioCore, nioHTTP1, nioPosix,
            ]
        ),
        // Many simulated releases, and bugs planted in them; `Scripts/simulate.sh` builds it optimised.
        .executableTarget(
            name: "simulate",
            dependencies: ["ConductorTesting", "ConductorCore"],
            path: "Tests/Simulate"
        ),
        .testTarget(
            name: "SimulationTests",
            dependencies: [
                "ConductorCore", "ConductorJournal", "ConductorPorts", "ConductorTesting",
                "SimulationKernel",
            ]
        ),
        // Every adapter against a server that refuses what its vendor's specification forbids.
        .executableTarget(
            name: "contract-test",
            dependencies: [
                "AdapterTesting", "ConductorCore", "ConductorPorts", "SourceAdapters",
                asyncHTTPClient, crypto, cryptoExtras, nioCore, nioHTTP1,
            ],
            path: "Tests/Contracts"
        ),
        // Rounds of polls over HTTP with a delay planted in every answer; `Scripts/bench.sh adapters`.
        .executableTarget(
            name: "adapter-bench",
            dependencies: ["Backlot", "ConductorCore", "ConductorPorts", "SourceAdapters"],
            path: "Benchmarks/Sources/AdapterBenchmarks"
        ),
        // The kill test: a driver that kills the real program, and the world that it acts on.
        .executableTarget(name: "effect-log", path: "Tests/KillTest/EffectLog"),
        .executableTarget(name: "kill-test", path: "Tests/KillTest/Driver"),
    ]
)

// Strictness for every target, in one place.
for target in package.targets where target.type != .system {
    target.swiftSettings =
        (target.swiftSettings ?? []) + [
            .enableUpcomingFeature("ExistentialAny"),
            .enableUpcomingFeature("InternalImportsByDefault"),
            .enableUpcomingFeature("MemberImportVisibility"),
            .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
            .strictMemorySafety(),
            .treatAllWarnings(as: .error),
        ]
}
