import ConductorCore
import ConductorPorts

extension FileSource {
    /// Looks at the file, and where its name depends on a release, at nothing.
    var checkup: Checkup? {
        Checkup("file", address: path.text) { [path, maxBytes] _, variables in
            let place = try variables.path(path)
            let what = "may read \(place)"
            do throws(FileProblem) {
                _ = try Posix.readRegularFile(place, limit: maxBytes)
                return [Finding(what, .yes)]
            } catch {
                return [
                    Finding(
                        what,
                        .no,
                        evidence: error.message,
                        remedy: "put the file there, or correct the path"
                    )
                ]
            }
        }
    }
}
