import ConductorCore
import Foundation

/// The same conditions in Python, as compiled code under `eval`: a reference that most machines
/// have, so that ratios can be compared between machines.
enum PythonReference {
    /// Nanoseconds of one evaluation, by condition; nil where there is no Python 3.
    static func measure(_ snapshot: ReleaseSnapshot) -> [String: Double]? {
        let request: JSON = [
            "snapshot": snapshot.json,
            "conditions": .object(
                Dictionary(
                    uniqueKeysWithValues: ComparedCondition.all.map {
                        ($0.name, .string($0.python))
                    }
                )
            ),
        ]
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        do {
            try process.run()
            try input.fileHandleForWriting.write(contentsOf: Data(request.description.utf8))
            try input.fileHandleForWriting.close()
            let answer = output.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            guard process.terminationStatus == 0 else { return nil }
            return try JSON(parsing: Array(answer)).decode([String: Double].self)
        } catch {
            return nil
        }
    }

    private static let script = """
        import json, re, statistics, sys
        from datetime import datetime, timedelta, timezone
        from time import perf_counter_ns

        def plain(value):
            if isinstance(value, list):
                return [plain(element) for element in value]
            if isinstance(value, dict):
                if "$seconds" in value:
                    return datetime.fromtimestamp(value["$seconds"], timezone.utc)
                return {name: plain(member) for name, member in value.items()}
            return value

        request = json.load(sys.stdin)
        names = {"re": re, "timedelta": timedelta, **plain(request["snapshot"])}

        def run(code, calls):
            begun = perf_counter_ns()
            for _ in range(calls):
                eval(code, names)
            return perf_counter_ns() - begun

        answer = {}
        for name, text in request["conditions"].items():
            code = compile(text, name, "eval")
            assert eval(code, names) is True, name
            calls = 1
            while run(code, calls) < 4e7:
                calls *= 2
            answer[name] = statistics.median(run(code, calls) for _ in range(9)) / calls
        print(json.dumps(answer))
        """
}
