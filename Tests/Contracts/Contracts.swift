import ConductorCore
import Crypto
import CryptoExtras
import Foundation

/// Runs every adapter against the contract server of its vendor.
///
///     contract-test FOLDER PYTHON
///
/// FOLDER holds `contract_server.py` and `specs/`; PYTHON can run it.
@main
struct Contracts {
    let folder: String
    let python: String
    let scratch: URL

    static func main() async {
        let arguments = CommandLine.arguments
        guard arguments.count == 3 else {
            print("usage: contract-test FOLDER PYTHON")
            exit(2)
        }
        let scratch = FileManager.default.temporaryDirectory.appending(path: "contract-\(UUID())")
        var faults: [String] = []
        do {
            try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
            let contracts = Contracts(
                folder: arguments[1],
                python: arguments[2],
                scratch: scratch
            )
            for vendor in ContractVendor.all { faults += try await contracts.check(vendor) }
        } catch {
            faults.append("\(error)")
        }
        try? FileManager.default.removeItem(at: scratch)
        guard faults.isEmpty else {
            print("\ncontract test: FAILED")
            for fault in faults { print("    \(fault)") }
            exit(1)
        }
        print("\ncontract test: every cell did what its vendor's specification allows")
    }

    /// Everything that is wrong with a vendor's adapters; prints its table.
    private func check(_ vendor: ContractVendor) async throws -> [String] {
        let specification = try Specification(path: "\(folder)/specs/\(vendor.specification)")
        let server = try ContractServer(
            folder: folder,
            python: python,
            specification: vendor.specification,
            publicKey: try makeKeys(vendor.signing)
        )
        defer { server.stop() }
        guard try await server.findsOutWhatIsForbidden() else {
            return ["\(vendor.name): the server does not find out what is forbidden"]
        }
        print("\n\(vendor.name)")
        var faults: [String] = []
        for cell in vendor.cells {
            try await server.play(cell.answers, specification)
            var found: [String] = []
            do {
                try await cell.run(ContractRun(url: server.url, folder: scratch.path))
            } catch {
                found.append("\(error)")
            }
            let requests = try await server.requests()
            found += try await server.violations()
            var counts: [String: Int] = [:]
            for request in requests { counts[request.operation, default: 0] += 1 }
            for operation in cell.operations where counts[operation] == nil {
                found.append("the server never saw \(operation)")
            }
            let seen = counts.sorted { $0.key < $1.key }
                .map { $0.value == 1 ? $0.key : "\($0.key) ×\($0.value)" }
            let name = cell.name.padding(toLength: 34, withPad: " ", startingAt: 0)
            print("    \(found.isEmpty ? " " : "!") \(name)  \(seen.joined(separator: ", "))")
            faults += found.map { "\(vendor.name), \(cell.name): \($0)" }
        }
        return faults
    }

    /// Makes a key pair, and gives the path of the public key.
    private func makeKeys(_ signing: ContractVendor.Signing?) throws -> String? {
        let keys: (secret: String, shown: String)
        switch signing {
        case nil, .rsa:
            let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
            keys = (key.pemRepresentation, key.publicKey.pemRepresentation)
        case .p256:
            let key = P256.Signing.PrivateKey()
            keys = (key.pemRepresentation, key.publicKey.pemRepresentation)
        }
        let path = scratch.appending(path: "public.pem").path
        try keys.shown.write(toFile: path, atomically: true, encoding: .utf8)
        try keys.secret.write(
            toFile: scratch.appending(path: "private.pem").path,
            atomically: true,
            encoding: .utf8
        )
        return signing == nil ? nil : path
    }
}
