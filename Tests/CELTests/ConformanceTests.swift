import CEL
import Foundation
import Testing

@Suite struct `The shared conformance cases` {
    @Test func `pass whole`() throws {
        guard let shared = ProcessInfo.processInfo.environment["CONDUCTOR_SHARED"] else {
            print("CEL conformance: skipped, CONDUCTOR_SHARED does not name the shared folder")
            return
        }
        let folder = URL(fileURLWithPath: shared).appendingPathComponent("cel/cases")
        let files = try FileManager.default.contentsOfDirectory(
            at: folder,
            includingPropertiesForKeys: nil
        ).filter { $0.pathExtension == "json" }.sorted { $0.path < $1.path }
        #expect(!files.isEmpty)
        var total = (passed: 0, count: 0)
        for file in files {
            let cases = try SharedCase.read(file: file)
            var passed = 0
            for test in cases {
                if let failure = test.failure() {
                    Issue.record("\(test.name): \(test.expression) -> \(failure)")
                } else {
                    passed += 1
                }
            }
            print("CEL conformance: \(file.lastPathComponent) \(passed)/\(cases.count)")
            total = (total.passed + passed, total.count + cases.count)
        }
        print("CEL conformance: all \(total.passed)/\(total.count)")
    }
}
