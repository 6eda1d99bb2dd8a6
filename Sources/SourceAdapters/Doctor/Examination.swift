package import ConductorCore
package import ConductorPorts

extension StandardAdapters {
    /// Looks at every backend and credential of a deployment, without acting.
    ///
    /// All are looked at at once, each for `patience` at most; `progress` is told each one that is through, with how many there are.
    /// `record` gets every answer, without secrets.
    package func examine(
        _ deployment: Deployment,
        patience: Span = .seconds(30),
        record: (@Sendable (Recording) -> Void)? = nil,
        progress: @escaping @Sendable (Diagnosis, _ of: Int) -> Void = { _, _ in }
    ) async -> [Diagnosis] {
        let wards = Self.wards(patients(deployment))
        return await withTaskGroup(of: (Int, Diagnosis).self) { group in
            for (number, ward) in wards.enumerated() {
                group.addTask {
                    let diagnosis = await ward.examine(patience: patience, record: record)
                    return (number, diagnosis)
                }
            }
            var diagnoses: [(Int, Diagnosis)] = []
            for await (number, diagnosis) in group {
                diagnoses.append((number, diagnosis))
                progress(diagnosis, wards.count)
            }
            return diagnoses.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// A source or an action, and the apps and platforms that it is looked at for.
    fileprivate struct Patient {
        var name: String
        var checkup: Checkup
        var variables: [Variables]
    }

    /// What the same credential at the same address is needed for.
    fileprivate struct Ward {
        var backend: String
        var credential: String?
        var account: String
        var address: String
        var patients: [Patient]
    }

    private static func wards(_ patients: [Patient]) -> [Ward] {
        var wards: [Ward] = []
        for patient in patients {
            let checkup = patient.checkup
            let place = wards.firstIndex {
                $0.backend == checkup.backend && $0.account == checkup.account
                    && $0.address == checkup.address
            }
            if let place {
                wards[place].patients.append(patient)
            } else {
                wards.append(
                    Ward(
                        backend: checkup.backend,
                        credential: checkup.credential,
                        account: checkup.account,
                        address: checkup.address,
                        patients: [patient]
                    )
                )
            }
        }
        return wards.sorted {
            let first = [$0.backend, $0.address, $0.credential ?? ""]
            let second = [$1.backend, $1.address, $1.credential ?? ""]
            return first.lexicographicallyPrecedes(second) { $0.precedes($1) }
        }
    }

    private func patients(_ deployment: Deployment) -> [Patient] {
        var patients: [Patient] = []
        for source in deployment.sources where source.people == nil {
            let binding = SourceBinding(name: source.name, timeout: source.timeout)
            guard
                case .meaning(let adapter) = settle(source: source.kind, source.settings, binding),
                let checkup = adapter.checkup
            else { continue }
            let variables = Self.variables(deployment) { machine in
                machine.facts.contains { $0.source == source.name }
            }
            patients.append(.init(name: source.name, checkup: checkup, variables: variables))
        }
        for action in deployment.actions {
            let declaration = action.declaration
            let binding = ActionBinding(name: declaration.name, logger: logger)
            guard
                case .meaning(let adapter) = settle(
                    action: declaration.kind,
                    action.settings,
                    binding
                ),
                let checkup = adapter.checkup
            else { continue }
            let variables = Self.variables(deployment) { machine in
                machine.actions.contains { $0.kind == declaration.kind }
            }
            patients.append(.init(name: declaration.name, checkup: checkup, variables: variables))
        }
        return patients
    }

    /// The apps and platforms whose machine `uses` something; all of them where none does.
    private static func variables(
        _ deployment: Deployment,
        where uses: (Machine) -> Bool
    ) -> [Variables] {
        var all: [Variables] = []
        var using: [Variables] = []
        for app in deployment.apps {
            for platform in app.platforms {
                let variables = Variables(
                    ObservationRequest(
                        scope: .installation,
                        variables: ["app": app.name, "platform": platform]
                    )
                )
                all.append(variables)
                if let machine = app.machines[platform], uses(machine) { using.append(variables) }
            }
        }
        return using.isEmpty ? all : using
    }
}

extension StandardAdapters.Ward {
    /// How far two clocks may differ: a minute is what tokens are signed back.
    private static let clockTolerance = Span.minutes(1)

    func examine(
        patience: Span,
        record: (@Sendable (Recording) -> Void)?
    ) async -> Diagnosis {
        let looks = Looks(backend: backend, timeout: patience, record: record)
        var permissions: [Finding] = []
        var problem: APIProblem?
        examining: for patient in patients {
            for variables in patient.variables {
                do {
                    permissions += try await patient.checkup.look(looks, variables)
                } catch let found as APIProblem {
                    problem = found
                    break examining
                } catch let found as TemplateProblem {
                    permissions.append(.depends(patient.name, found.message))
                } catch let found as ResolvingProblem {
                    permissions.append(.depends(patient.name, found.message))
                } catch {
                    problem = APIProblem(.timedOut, "given up before the answer came")
                    break examining
                }
            }
        }
        var diagnosis = Diagnosis(
            backend: backend,
            credential: credential,
            address: address,
            users: patients.map(\.name).sorted { $0.precedes($1) },
            findings: []
        )
        let answered = await looks.wasAnswered
        let admitted = await looks.wasAdmitted
        diagnosis.findings = Self.common(
            problem,
            answered,
            admitted,
            hasCredential: credential != nil
        )
        if let ahead = await looks.clockAhead {
            diagnosis.clockAhead = ahead
            diagnosis.findings.append(Self.clock(ahead))
        }
        if let budget = await looks.budget {
            diagnosis.budget = Diagnosis.Budget(remaining: budget.remaining, limit: budget.limit)
            diagnosis.findings.append(Self.budget(budget))
        }
        for finding in permissions where !diagnosis.findings.contains(where: { $0 == finding }) {
            diagnosis.findings.append(finding)
        }
        return diagnosis
    }

    /// What is the same for every backend; a red one says the first thing that is wrong, and no more.
    private static func common(
        _ problem: APIProblem?,
        _ answered: Bool,
        _ admitted: Bool,
        hasCredential: Bool
    ) -> [Finding] {
        let there = Finding(Finding.credentialIsThere, .yes)
        let reached = Finding(Finding.reachable, .yes)
        guard let problem else {
            // What is no server has said all that there is in findings of its own.
            guard answered else { return [] }
            let authorised =
                admitted
                ? Finding(Finding.authorised, .yes)
                : Finding(
                    Finding.authorised,
                    .untold,
                    remedy: "nothing could be read; see what is wrong below"
                )
            return hasCredential ? [there, reached, authorised] : [reached]
        }
        func no(_ what: String, _ remedy: String) -> Finding {
            Finding(what, .no, evidence: problem.message, remedy: remedy)
        }
        switch problem.kind {
        case .misconfigured:
            return [
                no(Finding.credentialIsThere, "put it where the configuration says that it is")
            ]
        case .unauthorised:
            return [
                there, reached,
                no(Finding.authorised, "make a new one, and put it in the place of this one"),
            ]
        case .neverSent, .failed, .timedOut:
            return [no(Finding.reachable, "see to the address, the network and the backend")]
        case .rateLimited:
            return [
                reached,
                no(Finding.budget, "wait, and see who else uses this credential"),
            ]
        case .notFound, .refused, .tooLarge, .malformed:
            return [no(Finding.reachable, "see that the address is this backend's")]
        }
    }

    private static func clock(_ ahead: Span) -> Finding {
        let distance = Span(milliseconds: abs(ahead.milliseconds))
        guard distance > clockTolerance else { return Finding(Finding.clock, .yes) }
        return Finding(
            Finding.clock,
            .no,
            evidence: "theirs is \(distance) \(ahead > .zero ? "ahead" : "behind")",
            remedy: "set this machine's clock by the network's time: signed tokens fail otherwise"
        )
    }

    private static func budget(_ budget: Pace.Budget) -> Finding {
        // What polls leave to actions; below it polls stop.
        let reserve = Double(budget.limit) * 0.2
        let evidence = "\(budget.remaining) of \(budget.limit)"
        guard Double(budget.remaining) <= reserve else {
            return Finding(Finding.budget, .yes, evidence: evidence)
        }
        return Finding(
            Finding.budget,
            .no,
            evidence: evidence,
            remedy:
                "polls wait until there is more; see who else uses this credential, or ask less often"
        )
    }
}

extension Finding {
    fileprivate static func depends(_ name: String, _ message: String) -> Finding {
        Finding(
            "\(name) can be looked at",
            .untold,
            evidence: message,
            remedy: "it depends on a release; see what it says once one is on its way"
        )
    }
}
