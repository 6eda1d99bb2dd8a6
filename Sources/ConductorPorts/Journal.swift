package import ConductorCore

/// Appends to the journal: the one writer.
///
/// Calls are synchronous on purpose: what is decided in memory and what is written stay one step.
package protocol JournalWriter: AnyObject {
    /// Appends entries in one durable transaction and returns their places, in order.
    ///
    /// `bodies` are the observation bodies that the entries name by digest; those already stored
    /// are left alone.
    ///
    /// - Throws: when nothing was written.
    func append(_ entries: [Entry], bodies: [String: JSON]) throws -> [Int64]

    /// The content address of canonical bytes.
    func digest(of bytes: [UInt8]) -> String

    /// Whether the disk is full, so that only what must not be lost may be written; looks anew.
    ///
    /// Nil where nobody watches that.
    func isLow() -> Bool?

    /// The hash over all that was appended; nil where there is none.
    var headHash: String? { get }
}

extension JournalWriter {
    /// A journal that watches no disk.
    package func isLow() -> Bool? { nil }

    /// A journal without a chain has no head.
    package var headHash: String? { nil }
}

/// Reads a journal, without ever writing to it.
package protocol JournalReader {
    /// Calls `visit` with every row after `sequence`, in order, until it returns false.
    func rows(after sequence: Int64, visit: (JournalRow) throws -> Bool) throws

    /// The observation body of this digest.
    ///
    /// - Throws: when it is not there, or not what its digest says.
    func body(_ digest: String) throws -> JSON
}
