/// Something about a machine's graph that is wrong, or looks wrong, whatever the facts are.
package struct MachineFinding: Sendable, Hashable {
    /// What it is; the files' diagnostics give each its code.
    package enum Kind: Sendable, Hashable, CaseIterable {
        case unreachableStage, noWayOut, unboundedCycle, previousOutsideWaiting
        case latchWithoutCandidate, guardToItself, raisingGuard, noPersonsWay, resumeMisuse
        case unconditional, leavesTerminal, selfLoop, blindGuard, overlap
        case approvalMisuse, raisingErrorRoad
    }

    /// The part of the machine that it is about.
    package enum Subject: Sendable, Hashable {
        case stage(String)
        /// A place in `machine.transitions`.
        case transition(Int)
        /// A place in `machine.guards`.
        case `guard`(Int)
    }

    package var kind: Kind
    package var subject: Subject
    package var message: String

    package init(_ kind: Kind, _ subject: Subject, _ message: String) {
        self.kind = kind
        self.subject = subject
        self.message = message
    }
}

extension Machine {
    /// All that is wrong with the graph; names that mean nothing are somebody else's finding.
    package var graphFindings: [MachineFinding] {
        reachabilityFindings + exitFindings + cycleFindings + transitionFindings + guardFindings
            + stageFindings
    }

    /// The stages that a destination may be, seen from a stage.
    func destinations(of destination: Destination, from stage: String) -> [String] {
        switch destination {
        case .stage(let name): [name]
        case .previous: leading(into: stage)
        }
    }

    /// The stages from which a transition or a guard leads into `stage`.
    private func leading(into stage: String) -> [String] {
        var names: [String] = []
        for transition in transitions where transition.to == .stage(stage) {
            names.append(transition.from)
        }
        for watcher in guards where watcher.to == .stage(stage) { names += watcher.watch }
        return names
    }
}
