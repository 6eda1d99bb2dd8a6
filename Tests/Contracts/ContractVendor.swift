import ConductorCore

/// One vendor: its specification, and what its adapters do against a server that refuses whatever the
/// specification forbids.
///
/// A vendor is one file with an extension of this type, and one line in `all`.
struct ContractVendor: Sendable {
    /// Every vendor: one line each.
    static let all: [ContractVendor] = [
        .appStore,
        .github,
        .googlePlay,
        .googleToken,
        .jira,
        .playReporting,
        .prometheus,
        .sentry,
        .slack,
    ]

    /// How tokens are signed that the server shall verify.
    enum Signing: Sendable {
        case rsa
        case p256
    }

    var name: String
    /// The file under `specs/`.
    var specification: String
    var signing: Signing?
    var cells: [ContractCell]
}

/// One thing that is read or done, and the requests that it must come to.
struct ContractCell: Sendable {
    /// `read: releases`, `act: create tag`.
    var name: String
    /// Operations of the specification that the server must see, by `operationId`.
    var operations: [String]
    var answers: [ContractAnswer]
    /// Uses the adapter, and throws a `ContractFault` where what comes of it is not right.
    var run: @Sendable (ContractRun) async throws -> Void

    init(
        _ name: String,
        _ operations: [String],
        _ answers: [ContractAnswer],
        run: @escaping @Sendable (ContractRun) async throws -> Void
    ) {
        self.name = name
        self.operations = operations
        self.answers = answers
        self.run = run
    }
}

/// What the server answers to an operation: what the specification requires, with these values in it.
struct ContractAnswer: Sendable {
    var operation: String
    var status: Int
    /// What the request must be like, as the server's scenarios say it: `["path.ref": "heads/main"]`.
    var match: JSON
    /// How often; nil for always.
    var times: Int?
    var values: JSON

    init(
        _ operation: String,
        status: Int = 200,
        match: JSON = [:],
        times: Int? = nil,
        _ values: JSON = [:]
    ) {
        self.operation = operation
        self.status = status
        self.match = match
        self.times = times
        self.values = values
    }
}

/// What is not as it should be.
struct ContractFault: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}
