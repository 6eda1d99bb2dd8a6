import HTTPTypes

/// The page before the first decision.
struct StartingPage: Sendable {
    var html: HTML {
        Layout(title: "Starting").page(
            """
            <section class="empty"><h1>Starting</h1>
            <p>The conductor has not decided anything yet. <a href="/">Look again</a></p></section>
            """
        )
    }
}

/// The page of a refusal.
struct ProblemPage: Sendable {
    var problem: Problem

    var html: HTML {
        let status = problem.status
        return Layout(title: "\(status.code) \(status.reasonPhrase)").page(
            """
            <section class="empty"><h1>\(status.reasonPhrase)</h1>
            <p>\(problem.detail)</p><p><a href="/">All releases</a></p></section>
            """
        )
    }
}
