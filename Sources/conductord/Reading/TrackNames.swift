import ConductorCore
import ConductorJournal

extension ReadOnlyJournal {
    /// Holds that the journal knows a track.
    ///
    /// - Throws: `Cannot`, with the name that was probably meant.
    func require(_ track: TrackID) throws {
        let tracks = try tracks()
        guard !tracks.contains(track) else { return }
        let hint = Nearest.hint(
            for: track.description,
            among: tracks.map(\.description)
        )
        throw Cannot(
            "there is no track '\(track)' in \(path)\(hint); 'conductord track list' names all"
        )
    }
}
