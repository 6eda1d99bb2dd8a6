package import ConductorCore

/// Every bound of the server, in one place.
package struct DashboardLimits: Sendable {
    /// Longest request path with its query, in bytes.
    package var pathBytes = 2_048
    /// All header fields of a request together, in bytes.
    package var headerBytes = 16_384
    /// Header fields of a request.
    package var headerFields = 64
    /// A request's body, in bytes.
    package var bodyBytes = 16_384
    /// How long a request's body may take to come.
    package var bodyTime = Span.seconds(10)
    /// Connections at once; more wait for their turn.
    package var connections = 4_096
    /// Event streams in all.
    package var streams = 2_000
    /// Event streams of one token or person; of one address, where nobody is asked who they are.
    package var streamsPerCaller = 20
    /// Events that one stream may lag behind before it is ended.
    package var streamBacklog = 64
    /// Events that are kept for those who come back.
    package var keptEvents = 512
    /// How often a stream says that the daemon is there.
    package var beat = Span.seconds(5)
    /// How long a connection may be idle, or take to send a request.
    package var idle = Span.seconds(30)
    /// Least pause between two views that are shown.
    package var viewPause = Span(milliseconds: 250)
    /// Answers that are kept rendered beside the whole overview, for each view.
    package var keptAnswers = 64
    /// Entries of a list that are given unless more or fewer are asked for.
    package var pageEntries = 200
    /// The most entries of a list that can be asked for at once.
    package var mostEntries = 1_000
    /// Rows of a track's story that its page shows.
    package var storyRows = 200
    /// Polls of a source at a scope that are drawn beside a metric.
    package var sparkPoints = 120
    /// A view is late when it is older than this many intervals, and `lateGrace` on top.
    package var lateIntervals: Int64 = 2
    package var lateGrace = Span.seconds(10)

    package init() {}
}
