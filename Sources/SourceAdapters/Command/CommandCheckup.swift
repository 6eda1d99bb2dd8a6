import ConductorCore
import ConductorPorts

extension ChildEnvironment {
    /// Looks for the program, and whether it may be started; it is not.
    func checkup(_ argv: [Template], probe: [Template]? = nil) -> Checkup {
        let program = argv.first?.text ?? ""
        let names = secrets.map(\.description).joined(separator: ", ")
        return Checkup("command", credential: names.isEmpty ? nil : names, address: program) {
            _,
            variables in
            for reference in secrets { _ = try reference.read() }
            let path = try resolve(variables).environment["PATH"] ?? ""
            var findings = names.isEmpty ? [] : [Finding(Finding.credentialIsThere, .yes)]
            for program in [argv.first?.text, probe?.first?.text].compactMap(\.self) {
                findings.append(Self.finding(program, path: path))
            }
            return findings
        }
    }

    private static func finding(_ program: String, path: String) -> Finding {
        let what = "\(program) can be started"
        let places =
            program.contains("/")
            ? [program] : path.split(separator: ":").map { "\($0)/\(program)" }
        let there = places.filter { (try? Posix.status(of: $0))?.isRegular == true }
        guard !there.isEmpty else {
            return Finding(
                what,
                .no,
                evidence: "there is no such program",
                remedy: "correct argv, or put the program there"
            )
        }
        return there.contains(where: Posix.isExecutable)
            ? Finding(what, .yes)
            : Finding(what, .no, evidence: "it is not executable", remedy: "chmod +x it")
    }
}
