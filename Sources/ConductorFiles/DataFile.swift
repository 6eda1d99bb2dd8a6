package import ConductorCore

/// A file of data that is no rule file: JSON, or YAML by its core schema.
package enum DataFile {
    /// What came of reading.
    package struct Loaded {
        /// Whole, or not there.
        package var value: JSON?
        /// In order of place.
        package var faults: [Fault]
    }

    /// Reads a file.
    package static func load(_ path: String, files: any FileTree = Disk()) -> Loaded {
        func failed(_ code: FaultCode, _ message: String) -> Loaded {
            Loaded(
                value: nil,
                faults: [Fault(file: path, place: .start, code: code, message: message)]
            )
        }
        let bytes: [UInt8]
        do throws(UnreadableFile) {
            bytes = try files.read(path, limit: Limits.fileBytes)
        } catch {
            return failed(.unreadableFile, error.reason)
        }
        guard bytes.count <= Limits.fileBytes else {
            return failed(.tooLarge, "the file is larger than \(Limits.fileBytes >> 20) MiB")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            return failed(.notYAML, "the file is not UTF-8")
        }
        if let json = try? JSON(parsing: text) { return Loaded(value: json, faults: []) }
        let collector = Collector()
        let node = YAMLReader.read(SourceText(file: path, text: text), into: collector)
        let value = collector.hasErrors ? nil : node?.json
        return Loaded(value: value, faults: collector.sorted)
    }
}
