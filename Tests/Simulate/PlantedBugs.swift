#if CONDUCTOR_PLANTED_BUGS
    import ConductorCore
    import ConductorTesting

    /// The harness is tested itself: each known bug, planted alone, must be found.
    struct PlantedBugs {
        private let options: Options

        init(_ options: Options) { self.options = options }

        /// Prints which invariant found each bug, and after how many seeds.
        func table(only names: [String]) throws {
            var missed: [String] = []
            tell("bug".padded(28) + "seeds  invariant that found it")
            for bug in PlantedBug.allCases where names.isEmpty || names.contains(bug.rawValue) {
                unsafe PlantedBug.planted = bug
                defer { unsafe PlantedBug.planted = nil }
                let from = options.from
                let tally = try Campaign(options).run(options.seeds) { place in
                    try Simulation(.random(seed: from + UInt64(place))).run()
                }
                guard let found = tally.failures.min(by: { $0.plan.seed < $1.plan.seed }) else {
                    missed.append(bug.rawValue)
                    tell(bug.rawValue.padded(28) + "NOT FOUND in \(tally.simulations) seeds")
                    continue
                }
                let seeds = "\(found.plan.seed - from + 1)".padded(7)
                let invariant = found.violation.invariant
                let title = Invariant(rawValue: invariant)?.title ?? "the simulator's own"
                tell(bug.rawValue.padded(28) + seeds + "\(invariant) \(title)")
            }
            guard missed.isEmpty else {
                throw Failed(words: "not found: \(missed.joined(separator: ", "))")
            }
        }
    }

    extension String {
        fileprivate func padded(_ width: Int) -> String {
            self + String(repeating: " ", count: max(1, width - count))
        }
    }
#endif
