/// Collects what a traced evaluation looks at.
final class Recorder {
    private(set) var trace = Trace()
    private var paths: Set<String> = []

    /// The most entries and the most reads that are kept.
    private static let maximumCount = 1_000

    func note(_ entry: Trace.Entry) {
        if trace.entries.count < Self.maximumCount { trace.entries.append(entry) }
    }

    func note(_ read: Trace.Read) {
        let key = read.isPresenceTest ? "?" + read.path : read.path
        guard trace.reads.count < Self.maximumCount, paths.insert(key).inserted else { return }
        trace.reads.append(read)
    }
}

/// A part of the expression that is shown with what it comes to.
final class EntryCode: Code {
    private let inner: any Code
    private let node: SyntaxTree.NodeID
    private let text: String
    private let position: SourcePosition

    var isPath: Bool { inner.isPath }

    init(_ inner: any Code, node: SyntaxTree.NodeID, text: String, position: SourcePosition) {
        self.inner = inner
        self.node = node
        self.text = text
        self.position = position
    }

    func evaluate(_ frame: inout Frame) throws(Halt) -> Value {
        do throws(Halt) {
            let value = try inner.evaluate(&frame)
            note(.value(value), frame)
            return value
        } catch {
            note(error.outcome, frame)
            throw error
        }
    }

    private func note(_ outcome: Outcome, _ frame: borrowing Frame) {
        frame.recorder?.note(
            Trace.Entry(node: node, text: text, position: position, outcome: outcome)
        )
    }
}

/// A variable, or a field in it, whose reading is noted.
final class ReadCode: Code {
    private let inner: any Code
    private let variable: String
    private let path: String
    private let isPresenceTest: Bool

    var isPath: Bool { inner.isPath }

    init(_ inner: any Code, variable: String, path: String, isPresenceTest: Bool) {
        self.inner = inner
        self.variable = variable
        self.path = path
        self.isPresenceTest = isPresenceTest
    }

    func evaluate(_ frame: inout Frame) throws(Halt) -> Value {
        do throws(Halt) {
            let value = try inner.evaluate(&frame)
            note(.value(value), frame)
            return value
        } catch {
            note(error.outcome, frame)
            throw error
        }
    }

    private func note(_ outcome: Outcome, _ frame: borrowing Frame) {
        frame.recorder?.note(
            Trace.Read(
                variable: variable,
                path: path,
                isPresenceTest: isPresenceTest,
                outcome: outcome
            )
        )
    }
}
