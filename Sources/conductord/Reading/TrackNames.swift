import ConductorCore
import ConductorJournal

extension ReadOnlyJournal {
    /// Holds that the journal knows a track.
    ///
    /// - Throws: `Cannot`, with the name that was probably meant.
    func require(_ track: TrackID) throws {
        guard try !knows(track) else { return }
        let tracks = try tracks()
        let hint = Nearest.hint(
            for: track.description,
            among: tracks.map(\.description)
        )
        throw Cannot(
            "there is no track '\(track)' in \(path)\(hint); 'conductord track list' names all"
        )
    }
}
