internal import CEL
internal import ConductorCore

/// Checks expressions under the condition profile; the one place where the files meet the language.
struct ExpressionCheck {
    /// What an expression is for.
    enum Purpose { case question, applies }

    struct Finding {
        var code: FaultCode
        /// Code points from the beginning of the expression.
        var offset: Int
        var message: String
        var suggestion: String?
    }

    private let environment: Environment
    private let context: Environment
    private let factPaths: [String]
    /// All that an expression may name.
    private let names: [String]
    /// Roles whose facts are not known, because their source does not stand.
    private let dubious: Set<String>

    init(machine: Machine, dubious: Set<String>) {
        environment = ConditionProfile.environment(for: machine)
        context = ConditionProfile.contextEnvironment(parameters: machine.parameters)
        factPaths = machine.facts.map(\.path)
        names =
            factPaths + machine.parameters.keys.map { "params.\($0)" }
            + ConditionProfile.contextVariables + ConditionProfile.candidateVariables
        self.dubious = dubious
    }

    /// The compiled expression, where it compiles, and all that is wrong with it.
    func check(
        _ text: String,
        for purpose: Purpose,
        hasEvery: Bool = false
    ) -> (program: Program?, findings: [Finding]) {
        let program: Program
        do throws(CompilationError) {
            program = try Program(
                compiling: text,
                in: purpose == .applies ? context : environment
            )
        } catch {
            return (nil, error.diagnostics.compactMap { finding($0, in: text, for: purpose) })
        }
        var findings: [Finding] = []
        if program.type != .bool, program.type != .dyn {
            findings.append(
                Finding(
                    code: .notACondition,
                    offset: 0,
                    message: "a condition is true or false, and this is \(article(program.type))"
                )
            )
        }
        for violation in ConditionProfile.violations(in: program, hasEvery: hasEvery) {
            let code: FaultCode =
                switch violation.kind {
                case .integerDivision: .integerDivision
                case .incomputableClock: .clockMisuse
                case .computedZone: .unknownZone
                }
            findings.append(
                Finding(
                    code: code,
                    offset: violation.position.offset,
                    message: violation.message
                )
            )
        }
        return (program, findings)
    }

    /// What is wrong with the text alone, whatever names it uses.
    static func syntaxFindings(_ text: String) -> [Finding] {
        var limits = CEL.Limits.standard
        limits.sourceCodePoints = ConductorCore.Limits.conditionCodePoints
        do throws(CompilationError) {
            _ = try Program(compiling: text, in: Environment(isChecked: false, limits: limits))
            return []
        } catch {
            return error.diagnostics.compactMap { diagnostic in
                code(of: diagnostic, in: text).map {
                    Finding(
                        code: $0,
                        offset: diagnostic.position.offset,
                        message: diagnostic.message,
                        suggestion: diagnostic.suggestion
                    )
                }
            }
        }
    }

    private func finding(
        _ diagnostic: Diagnostic,
        in text: String,
        for purpose: Purpose
    ) -> Finding? {
        guard var code = Self.code(of: diagnostic, in: text) else { return nil }
        var message = diagnostic.message
        var suggestion = diagnostic.suggestion
        let offset = diagnostic.position.offset
        let name = Self.path(in: text, at: offset)
        if code == .unknownName {
            if diagnostic.code != .unknownField, !name.isEmpty {
                message =
                    name.hasPrefix("params.")
                    ? "the machine has no parameter '\(name.dropFirst("params.".count))'"
                    : "no source provides '\(name)'"
                suggestion = suggestion ?? Suggestion.nearest(to: name, among: names)
            }
            if let role = name.split(separator: ".").first, dubious.contains(String(role)) {
                return nil
            }
            if purpose == .applies,
                factPaths.contains(where: { $0 == name || name.hasPrefix($0 + ".") })
                    || name == ConditionProfile.timeInStage
                    || name.hasPrefix("candidate.")
            {
                code = .appliesReadsFacts
                message =
                    "'applies' looks at app, platform, track and params alone;"
                    + " '\(name)' belongs into 'expr'"
                suggestion = nil
            }
        }
        if purpose == .applies, name == ConditionProfile.ageMacro {
            code = .appliesReadsFacts
            message = "'applies' looks at app, platform, track and params alone"
            suggestion = nil
        }
        return Finding(code: code, offset: offset, message: message, suggestion: suggestion)
    }

    private static func code(of diagnostic: Diagnostic, in text: String) -> FaultCode? {
        if path(in: text, at: diagnostic.position.offset) == ConditionProfile.ageMacro {
            switch diagnostic.code {
            case .badMacro, .wrongArity, .noOverload, .wrongType, .unknownFunction,
                .undeclaredName:
                return .clockMisuse
            case .syntax, .reservedWord, .badLiteral, .tooLarge, .incompleteName, .unknownField,
                .badPattern:
                break
            }
        }
        return switch diagnostic.code {
        case .syntax, .reservedWord, .badLiteral: .notAnExpression
        case .badMacro: .wrongType
        case .tooLarge: .tooLarge
        case .undeclaredName, .incompleteName, .unknownField: .unknownName
        case .unknownFunction, .wrongArity: .unknownFunction
        case .noOverload, .wrongType: .wrongType
        case .badPattern: .badPattern
        }
    }

    /// The dotted name that begins at an offset.
    private static func path(in text: String, at offset: Int) -> String {
        var name = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.dropFirst(offset) {
            guard
                scalar == "_" || scalar == "." || scalar.properties.isAlphabetic
                    || ("0"..."9").contains(scalar)
            else { break }
            name.append(scalar)
        }
        return String(name)
    }

    private func article(_ type: CELType) -> String { "of type \(type)" }

    /// What `applies` comes to where it hangs on the app and the platform alone.
    static func constant(_ program: Program, app: String, platform: String, machine: Machine)
        -> Bool?
    {
        var slots: [Slot] = []
        for name in program.variables {
            switch name {
            case "app", "track.app": slots.append(.value(.string(app)))
            case "platform", "track.platform": slots.append(.value(.string(platform)))
            default:
                guard name.hasPrefix("params."),
                    let value = machine.parameters[String(name.dropFirst("params.".count))]
                else { return nil }
                slots.append(.value(ConditionProfile.celValue(of: value)))
            }
        }
        if case .value(.bool(let flag)) = program.evaluate(slots) { return flag }
        return nil
    }
}
