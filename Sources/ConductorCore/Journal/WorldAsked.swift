// What reading a journal asks of the world, beside folding and deciding.

extension World {
    /// Every condition of a track's machine as it stands after a tick, with the facts that it reads.
    package func conditions(of track: TrackID, in tick: Entry.Tick) -> [Explanation.Leaf] {
        guard let state = states[track], let machine = machines[state.machine] else { return [] }
        return Conductor.conditions(state, view(of: track, in: tick), machine, Moment(tick.at))
    }

    /// Whether something came in for a track since the last tick, or this one says something of it.
    func hasNews(for track: TrackID, in tick: Entry.Tick) -> Bool {
        if dirty.contains(track) || concernsAll(tick) { return true }
        guard !tick.denied.isEmpty || lastTick?.denied.isEmpty == false else { return false }
        let name = track.description
        return tick.denied[name] != nil || lastTick?.denied[name] != nil
    }

    /// Takes note that all news was heard.
    mutating func hearAll() { dirty = [] }

    // MARK: Flat memory

    /// Lets go of answers that were given, and of grants before a moment of the elapsed clock.
    ///
    /// Whoever does so hands in no command a second time.
    mutating func forgetAnswers(grantsBefore elapsed: Int64) {
        if !commands.isEmpty { commands = [:] }
        if !testimonies.isEmpty { testimonies = [:] }
        if grants.first.map({ $0.at.elapsed < elapsed }) == true {
            grants.removeAll { $0.at.elapsed < elapsed }
        }
    }

    /// Lets go of a retired track, and of what was read for it alone.
    ///
    /// Whoever does so hands in no discovery a second time.
    mutating func forget(_ track: TrackID) {
        states[track] = nil
        decisions[track] = nil
        decided[track] = nil
        dirty.remove(track)
        for source in readings.keys { readings[source]?[.track(track)] = nil }
    }
}
