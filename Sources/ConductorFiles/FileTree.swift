internal import ConductorCore
internal import Foundation

/// Where files are read from.
package protocol FileTree {
    /// The contents of a file, at most one byte more than `limit`.
    ///
    /// - Throws: why it cannot be read.
    func read(_ path: String, limit: Int) throws(UnreadableFile) -> [UInt8]
    /// The names in a directory; nil where there is none.
    func list(_ directory: String) -> [String]?
}

/// A file that cannot be read, and why.
package struct UnreadableFile: Error, Sendable, Hashable {
    package var reason: String

    package init(_ reason: String) { self.reason = reason }
}

/// The files of this machine.
package struct Disk: FileTree {
    package init() {}

    package func read(_ path: String, limit: Int) throws(UnreadableFile) -> [UInt8] {
        var isDirectory: Bool = false
        do {
            let url = URL(filePath: path)
            let values = try? url.resourceValues(forKeys: [.isDirectoryKey])
            isDirectory = values?.isDirectory ?? false
            if isDirectory { throw UnreadableFile("it is a directory") }
            let handle = try FileHandle(forReadingFrom: url)
            defer { try? handle.close() }
            var bytes: [UInt8] = []
            while bytes.count <= limit,
                let part = try handle.read(upToCount: limit + 1 - bytes.count), !part.isEmpty
            {
                bytes += part
            }
            return bytes
        } catch let error as UnreadableFile {
            throw error
        } catch let error as CocoaError {
            switch error.code {
            case .fileReadNoSuchFile, .fileNoSuchFile: throw UnreadableFile("there is no such file")
            case .fileReadNoPermission: throw UnreadableFile("it may not be read")
            default: throw UnreadableFile("it cannot be opened")
            }
        } catch {
            throw UnreadableFile("it cannot be read")
        }
    }

    package func list(_ directory: String) -> [String]? {
        try? FileManager.default.contentsOfDirectory(atPath: directory.isEmpty ? "." : directory)
    }
}

/// Paths as people write them in files.
enum Path {
    /// `path` as seen from the directory of `file`.
    static func resolve(_ path: String, beside file: String) -> String {
        if path.hasPrefix("/") { return path }
        guard let slash = file.lastIndex(of: "/") else { return path }
        return String(file[...slash]) + path
    }

    /// The files that a pattern names: `*` stands for anything within the last part.
    static func expand(_ pattern: String, in files: some FileTree) -> [String]? {
        let slash = pattern.lastIndex(of: "/")
        let directory = slash.map { String(pattern[...$0]) } ?? ""
        let last = slash.map { String(pattern[pattern.index(after: $0)...]) } ?? pattern
        guard last.contains("*") else { return [pattern] }
        guard let names = files.list(directory) else { return nil }
        return names.filter { !$0.hasPrefix(".") && matches($0, last) }
            .sorted { $0.precedes($1) }
            .map { directory + $0 }
    }

    private static func matches(_ name: String, _ pattern: String) -> Bool {
        let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
        guard let first = parts.first, let last = parts.last, parts.count > 1 else {
            return name == pattern
        }
        guard name.hasPrefix(first), name.count >= first.count + last.count else { return false }
        var rest = name.dropFirst(first.count).dropLast(last.count)
        guard name.hasSuffix(last) else { return false }
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let range = rest.firstRange(of: part) else { return false }
            rest = rest[range.upperBound...]
        }
        return true
    }
}
