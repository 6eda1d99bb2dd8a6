// swift-tools-version: 6.2
// The benchmarks, a package of their own: nobody who builds the conductor builds them.
//
// What they measure is `package`, and that access ends at a package's border. So the modules are
// not taken from a dependency on `..`: `Sources` holds links to the conductor's own folders, and
// the same files are compiled here as parts of this package. What stands in this file is which.
import PackageDescription

let package = Package(
    name: "conductor-benchmarks",
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        .target(name: "CEL"),
        // Counts what this program allocates; it takes the place of the C library's functions.
        .target(name: "AllocationCount"),
        .target(name: "ConductorCore", dependencies: ["CEL"]),
        .target(name: "ConductorPorts", dependencies: ["ConductorCore"]),
        .target(
            name: "ConductorJournal",
            dependencies: [
                "ConductorCore", "ConductorPorts",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ]
        ),
        .executableTarget(
            name: "conductor-benchmarks",
            dependencies: [
                "AllocationCount", "CEL", "ConductorCore", "ConductorPorts", "ConductorJournal",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            path: "Sources/ConductorBenchmarks"
        ),
    ]
)

// As strict as the conductor's own package.
for target in package.targets where target.name != "AllocationCount" {
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
