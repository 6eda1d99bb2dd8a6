import ConductorCore
import ConductorPorts
import Testing

@testable import conductord

@Suite struct `A doctor's report` {
    private static func diagnosis(_ findings: [Finding]) -> Diagnosis {
        Diagnosis(
            backend: "GitHub",
            credential: "env:GITHUB_TOKEN",
            address: "https://api.github.com",
            users: ["ci", "vcs.branch"],
            findings: findings
        )
    }

    private static let well = diagnosis([
        Finding(Finding.reachable, .yes),
        Finding("may release", .untold, evidence: "no read tells", remedy: "see the role"),
    ])
    private static let ill = diagnosis([
        Finding(Finding.authorised, .no, evidence: "status 401", remedy: "make a new one")
    ])

    @Test func `has every documented key`() throws {
        var diagnosis = Self.well
        diagnosis.clockAhead = .seconds(2)
        diagnosis.budget = .init(remaining: 12, limit: 60)
        let json = DoctorReport(diagnoses: [diagnosis]).json
        #expect(json["well"] == true)
        let first = try #require(json["diagnoses"]?.arrayValue?.first)
        #expect(
            Set(first.objectValue?.keys.map(\.self) ?? []) == [
                "backend", "credential", "address", "used_by", "well", "clock_ahead",
                "requests_left", "findings",
            ]
        )
        #expect(first["requests_left"] == ["remaining": 12, "limit": 60])
        let finding = try #require(first["findings"]?.arrayValue?.last)
        #expect(
            Set(finding.objectValue?.keys.map(\.self) ?? []) == [
                "what", "verdict", "evidence", "remedy",
            ]
        )
        #expect(finding["verdict"] == "cannot_tell")
    }

    @Test func `is not well when one finding is no, and says what to do once`() {
        let report = DoctorReport(diagnoses: [Self.well, Self.ill])
        #expect(!report.isWell)
        #expect(DoctorReport(diagnoses: [Self.well]).isWell)
        let text = report.text(on: Page())
        #expect(text.contains("✖ no: authorised: status 401\n    → make a new one"))
        #expect(text.contains("? cannot tell without acting: may release: no read tells"))
        #expect(text.contains("✖ something is wrong with 1 of 2 credentials"))
        #expect(!text.contains("\u{1B}"))
    }
}
