// swift-tools-version: 6.2
// Targets stand by floor: a target imports only from floors below it; siblings never meet.
import PackageDescription

let package = Package(
    name: "conductord",
    products: [
        .library(name: "CEL", targets: ["CEL"])
    ],
    targets: [
        // Floor 0: the Common Expression Language. Knows nothing of releases.
        .target(name: "CEL"),
        .testTarget(name: "CELTests", dependencies: ["CEL"]),
        // Floor 1: model, machine, deciding, explaining, replay. Pure.
        .target(name: "ConductorCore", dependencies: ["CEL"]),
        // Floor 2: the protocols where the outside meets.
        .target(name: "ConductorPorts", dependencies: ["ConductorCore"]),
        // Floor 3: files, backends, the journal, the loops. They never see each other.
        .target(name: "ConductorRuntime", dependencies: ["ConductorCore", "ConductorPorts"]),
    ]
)

// Strictness for every target, in one place.
for target in package.targets {
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
