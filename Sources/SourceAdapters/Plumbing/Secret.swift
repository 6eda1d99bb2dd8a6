import ConductorCore
import ConductorPorts

/// A secret's value in memory: it cannot be encoded, and printing it shows `***`.
struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let value: String

    init(_ value: String) { self.value = value }

    var description: String { "***" }
    var debugDescription: String { "***" }
    var customMirror: Mirror { Mirror(self, children: []) }

    /// The value itself, for the one place that sends it.
    func revealed() -> String { value }
}

/// Where a secret stands, as settings write it: `env:NAME` or `file:PATH`.
enum SecretReference: Sendable, Hashable, CustomStringConvertible {
    case environment(String)
    case file(String)

    init?(_ text: String) {
        if text.hasPrefix("env:"), text.utf8.count > 4 {
            self = .environment(String(text.dropFirst(4)))
        } else if text.hasPrefix("file:"), text.utf8.count > 5 {
            self = .file(String(text.dropFirst(5)))
        } else {
            return nil
        }
    }

    var description: String {
        switch self {
        case .environment(let name): "env:\(name)"
        case .file(let path): "file:\(path)"
        }
    }

    /// The secret as it is now; a file that was replaced is read anew.
    ///
    /// Line ends at the end of a file are no part of the secret.
    func resolve() throws(SecretProblem) -> Secret {
        let value: String
        switch self {
        case .environment(let name):
            guard let found = Posix.environmentVariable(name) else {
                throw SecretProblem(message: "the environment variable '\(name)' is not set")
            }
            value = found
        case .file(let path):
            let bytes: [UInt8]
            do {
                bytes = try Posix.readRegularFile(path, limit: AdapterLimits.secretBytes).bytes
            } catch {
                throw SecretProblem(message: "the secret's file: \(error.message)")
            }
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw SecretProblem(message: "the secret in '\(path)' is not UTF-8")
            }
            value = String(text.reversed().drop { $0.isNewline }.reversed())
        }
        guard !value.isEmpty else { throw SecretProblem(message: "the secret \(self) is empty") }
        return Secret(value)
    }
}

/// Why a secret cannot be had; never holds its value.
struct SecretProblem: Error, Sendable, Hashable {
    var message: String
}

extension SettingsReader {
    /// A reference to a secret; anything else is a secret written down, and a fault.
    func secret(_ key: String) -> SecretReference? {
        guard let value = value(key) else { return nil }
        guard let reference = value.stringValue.flatMap(SecretReference.init) else {
            fault(
                .badSecret,
                key,
                "a secret never stands in a file of settings; write env:NAME or file:PATH"
            )
            return nil
        }
        return reference
    }
}
