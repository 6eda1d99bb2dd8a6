import ConductorCore
import ConductorTesting
import Foundation

/// Simulates releases: by seed, crash point by crash point, and with bugs planted.
@main struct Simulate {
    static func main() {
        var arguments = Array(CommandLine.arguments.dropFirst())
        let options = Options(&arguments)
        do {
            switch arguments.first {
            case "seeds": try Campaign(options).seeds()
            case "crashes": try Campaign(options).crashes(inPairs: options.pairs)
            case "pairs": try Campaign(options).comparisons()
            #if CONDUCTOR_PLANTED_BUGS
                case "bugs": try PlantedBugs(options).table(only: Array(arguments.dropFirst()))
            #endif
            case "scenarios": try scenarios(Array(arguments.dropFirst()))
            case "one": try one(UInt64(arguments.dropFirst().first ?? "") ?? options.from)
            default:
                tell(
                    """
                    usage: simulate seeds   [--from N] [--seeds N] [--releases N] [--minutes M]
                                            [--threads N]
                           simulate crashes [--scenarios N] [--minutes M] [--pairs]
                           simulate pairs   [--scenarios N]
                           simulate bugs    [--known] [--seeds N] [NAME...]
                           simulate scenarios FILE...
                           simulate one SEED
                    """
                )
                exit(2)
            }
        } catch let failure as Failed {
            tell(failure.words)
            exit(1)
        } catch {
            tell("the simulator itself failed: \(error)")
            exit(3)
        }
    }

    /// Plays golden scripts and writes what came of them, one after the other: their lower halves.
    private static func scenarios(_ files: [String]) throws {
        for file in files {
            let text = try String(contentsOfFile: file, encoding: .utf8)
            let output = try ScenarioRunner.run(text.components(separatedBy: "----\n")[0])
            FileHandle.standardOutput.write(Data(output.utf8))
        }
    }

    /// Runs one seed with its trace.
    private static func one(_ seed: UInt64) throws {
        let report = try Simulation(.random(seed: seed), traces: true).run()
        tell(report.trace.joined(separator: "\n"))
        tell(report.words)
        if let violation = report.violation { throw Failed(words: "\(violation)") }
    }
}

/// The gate did not hold.
struct Failed: Error {
    var words: String
}

/// What the command line says.
struct Options {
    var from: UInt64 = 1
    var seeds = 500
    var minutes = 0.0
    var threads = ProcessInfo.processInfo.activeProcessorCount
    var scenarios = 3
    var pairs = false
    var known = false
    var releases = Int.max

    init(_ arguments: inout [String]) {
        func value(_ name: String) -> String? {
            guard let place = arguments.firstIndex(of: name) else { return nil }
            defer { arguments.removeSubrange(place...min(place + 1, arguments.count - 1)) }
            return place + 1 < arguments.count ? arguments[place + 1] : nil
        }
        if let text = value("--from").flatMap(UInt64.init) { from = text }
        if let text = value("--seeds").flatMap(Int.init) { seeds = text }
        if let text = value("--minutes").flatMap(Double.init) { minutes = text }
        if let text = value("--threads").flatMap(Int.init) { threads = max(1, text) }
        if let text = value("--scenarios").flatMap(Int.init) { scenarios = max(1, text) }
        if let text = value("--releases").flatMap(Int.init) { releases = text }
        func flag(_ name: String) -> Bool {
            guard let place = arguments.firstIndex(of: name) else { return false }
            arguments.remove(at: place)
            return true
        }
        pairs = flag("--pairs")
        known = flag("--known")
    }
}

extension Simulation.Report {
    /// One line about it.
    var words: String {
        "seed \(plan.seed): \(plan.tracks.count) releases on \(plan.machine), \(lives) processes, "
            + "\(steps) steps, \(rows) rows, head \(head.prefix(16))"
            + (unfinished.isEmpty ? "" : "; waits: \(unfinished.joined(separator: "; "))")
    }
}

/// Writes a line at once, also where nobody looks on.
func tell(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
