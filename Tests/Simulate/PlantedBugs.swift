#if CONDUCTOR_PLANTED_BUGS
    import ConductorCore
    import ConductorTesting

    /// The harness is tested itself: each known bug, planted alone, must be found.
    struct PlantedBugs {
        private let options: Options

        init(_ options: Options) { self.options = options }

        /// Prints which invariant found each bug, and after how many seeds.
        ///
        /// With `--known`, each runs at the one seed that is known to find it.
        func table(only names: [String]) throws {
            var missed: [String] = []
            tell("bug".padded(28) + "seeds  invariant that found it")
            for bug in PlantedBug.allCases where names.isEmpty || names.contains(bug.rawValue) {
                unsafe PlantedBug.planted = bug
                defer { unsafe PlantedBug.planted = nil }
                guard let found = try find(bug) else {
                    missed.append(bug.rawValue)
                    tell(bug.rawValue.padded(28) + "NOT FOUND")
                    continue
                }
                let seeds = "\(found.plan.seed)".padded(7)
                let invariant = found.violation.invariant
                let title = Invariant(rawValue: invariant)?.title ?? "the simulator's own"
                tell(bug.rawValue.padded(28) + seeds + "\(invariant) \(title)")
                if names.count == 1 { tell("\(found.violation)") }
            }
            guard missed.isEmpty else {
                throw Failed(
                    words: "not found: \(missed.joined(separator: ", ")); look for the seeds that"
                        + " find them now: Scripts/simulate.sh bugs NAME..."
                )
            }
        }

        private func find(_ bug: PlantedBug) throws -> Campaign.Tally.Failure? {
            if options.known {
                guard let seed = Self.seeds[bug] else { return nil }
                let report = try Simulation(.random(seed: seed)).run()
                return report.violation.map { .init(plan: report.plan, violation: $0) }
            }
            let from = options.from
            let tally = try Campaign(options).run(options.seeds) { place in
                try Simulation(.random(seed: from + UInt64(place))).run()
            }
            return tally.failures.min { $0.plan.seed < $1.plan.seed }
        }

        /// The first seed that finds each bug, as `Scripts/simulate.sh bugs` prints them.
        private static let seeds: [PlantedBug: UInt64] = [:]
    }

    extension String {
        fileprivate func padded(_ width: Int) -> String {
            self + String(repeating: " ", count: max(1, width - count))
        }
    }
#endif
