import ConductorFiles
import Foundation

/// Files as the demo reads them: those of the disk, and its own where nobody brings any.
struct DemoFiles: FileTree {
    /// The name of the built-in file beside which nothing lies on the disk.
    static let builtInRules = "(built in) release-states.yaml"
    static let builtInConfiguration = "(built in) conductor.yaml"

    static let builtInBacklot = "(built in) backlot.yaml"

    private static let builtIn = [
        builtInRules: Templates.rules,
        builtInConfiguration: Templates.demoConfiguration,
        builtInBacklot: Templates.backlotConfiguration,
    ]

    func read(_ path: String, limit: Int) throws(UnreadableFile) -> [UInt8] {
        if let text = Self.builtIn[path] { return Array(text.utf8) }
        return try Disk().read(path, limit: limit)
    }

    func list(_ directory: String) -> [String]? { Disk().list(directory) }
}
