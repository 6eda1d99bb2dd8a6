/// Measures, one after the other, what is promised to be quick; prints a table for each.
///
/// Every figure that has a goal is a ratio of two measurements of the same run.
@main
struct Benchmarks {
    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        let names = ["tick", "journal", "growth", "cel", "replay"]
        if let unknown = arguments.first(where: { !names.contains($0) }) {
            print("'\(unknown)' is no benchmark; there are \(names.joined(separator: ", "))")
            return
        }
        func isAsked(_ name: String) -> Bool { arguments.isEmpty || arguments.contains(name) }
        if isAsked("tick") { try TickBenchmark().run().print() }
        if isAsked("journal") {
            for report in try JournalBenchmark().run() { report.print() }
        }
        if isAsked("growth") || arguments.contains("journal") {
            try GrowthBenchmark().run().print()
        }
        if isAsked("replay") { try ReplayBenchmark().run { $0.print() } }
        if isAsked("cel") { try CELBenchmark().run().print() }
    }
}
