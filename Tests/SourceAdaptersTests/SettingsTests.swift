import ConductorCore
import ConductorPorts
import SourceAdapters
import Testing

@Suite struct `Settings` {
    @Test func `every kind stands in the catalog once, in order`() {
        for kinds in [adapters.sourceKinds, adapters.actionKinds] {
            #expect(kinds == Set(kinds).sorted())
        }
        #expect(adapters.sourceKinds.contains("http"))
        #expect(adapters.actionKinds.contains("webhook"))
    }

    @Test func `an unknown kind names the nearest`() {
        let faults = faults(source: "htttp", [:])
        #expect(faults.map(\.suggestion) == ["http"])
        #expect(throws: AdapterError.self) { try source("htttp", [:]) }
    }

    @Test func `all that is wrong is said at once, each at its place`() {
        let faults = faults(
            source: "http",
            [
                "ulr": "https://example.com", "bearer": "s3cret",
                "headers": ["X-Api-Key": "abc", "X-Ok": "fine"],
                "facts": ["a": "itn", "b": ["type": "int", "subject": "hed", "about": "no"]],
            ]
        )
        let found = Set(faults.map { [String(describing: $0.kind)] + $0.path })
        #expect(
            found == [
                ["missingKey"], ["unknownKey", "ulr"], ["badSecret", "bearer"],
                ["badSecret", "headers", "X-Api-Key"], ["badFact", "facts", "a"],
                ["badFact", "facts", "b", "subject"], ["badValue", "facts", "b", "about"],
            ]
        )
        #expect(faults.first { $0.path == ["ulr"] }?.suggestion == "url")
        #expect(faults.first { $0.path == ["facts", "a"] }?.suggestion == "int")
        #expect(faults.first { $0.path.last == "subject" }?.suggestion == "head")
        #expect(!"\(faults)".contains("s3cret"))
    }

    @Test func `settings that are no mapping are a fault`() {
        #expect(faults(source: "file", [1]).contains { $0.kind == .badValue && $0.path == [] })
    }

    @Test func `a schema is all of what the facts declare`() throws {
        guard
            case .meaning(let schema) = adapters.schema(
                ofSource: "file",
                settings: [
                    "path": "x.json",
                    "facts": [
                        "blockers.open": "int", "teams": ["list": "string"],
                        "tests.state": [
                            "type": "string", "at": "/t/0/s", "subject": "head", "about": "/t/0/c",
                            "max_age": "3h", "unit": "word", "empty": "ok",
                        ],
                    ],
                ]
            )
        else { return #expect(Bool(false), "there should be a schema") }
        #expect(
            schema.entries == [
                .init(name: "blockers.open", type: .int),
                .init(name: "teams", type: .list(.string)),
                .init(
                    name: "tests.state",
                    type: .string,
                    unit: "word",
                    subject: .head,
                    emptyIsKnown: true,
                    maxAge: .hours(3)
                ),
            ]
        )
    }

    @Test(
        arguments: [
            ["type": "string", "subject": "head"], ["type": "int", "max_age": "soon"],
            ["type": "int", "empty": "yes"], ["type": "int", "at": "blockers"], ["unit": "x"],
            ["type": ["list": "itn"]], "number", 7, nil, ["type": "int", "colour": "red"],
            ["list": "int", "map": "int"],
        ] as [JSON?]
    )
    func `a fact that is declared badly is a fault`(declaration: JSON?) {
        let settings: JSON = ["path": "x.json", "facts": ["a": declaration ?? .null]]
        #expect(!faults(source: "file", settings).isEmpty)
    }

    @Test(arguments: ["", ".a", "a.", "1a", "a b", "a-b"])
    func `what no rule can name is no fact`(name: String) {
        let settings: JSON = ["path": "x.json", "facts": .object([name: "int"])]
        #expect(faults(source: "file", settings).map(\.kind) == [.badFact])
    }

    @Test func `a variable that never has a value is found before anything runs`() {
        let inSource = faults(source: "file", ["path": "${verison}.json", "facts": ["a": "int"]])
        #expect(inSource.map(\.suggestion) == ["${version}"])
        #expect(!faults(source: "file", ["path": "${with.x}.json", "facts": ["a": "int"]]).isEmpty)
        #expect(
            faults(action: "log", ["message": "${with.x} ${params.y} ${candidate.commit}"]) == []
        )
        #expect(faults(action: "log", ["message": "${candidate.comit}"]).count == 1)
        #expect(faults(action: "log", ["message": "${open"]).count == 1)
    }

    @Test(arguments: [
        "https://user:pass@example.com/", "https://example.com/?api_key=abc", "ftp://example.com",
        "https://${app}.example.com/", "example.com", "https://example.com/a b",
    ])
    func `an address that would leak or lead away is a fault`(url: String) {
        #expect(!faults(source: "http", ["url": .string(url), "facts": ["a": "int"]]).isEmpty)
        #expect(!faults(action: "webhook", ["url": .string(url)]).isEmpty)
    }

    @Test func `a command's environment takes no literal for a secret`() {
        let settings: JSON = ["argv": ["true"], "environment": ["TOKEN": "abc"]]
        #expect(faults(action: "command", settings).map(\.kind) == [.badSecret])
        #expect(
            faults(
                action: "command",
                ["argv": ["true"], "environment": ["A": "env:B", "TZ": ["value": "UTC"]]]
            ) == []
        )
    }

    @Test func `an adapter whose secret is not there is not made, and says which`() throws {
        let error = #expect(throws: AdapterError.self) {
            try source(
                "http",
                [
                    "url": "https://example.com", "bearer": "env:SURELY_NOT_SET_HERE",
                    "facts": ["a": "int"],
                ]
            )
        }
        #expect(error?.description.contains("SURELY_NOT_SET_HERE") == true)
        #expect(error?.description.contains("under_test") == true)
    }

    @Test func `traits say what each kind of action is`() {
        func traits(_ kind: String, _ settings: JSON) -> ActionTraits? {
            guard case .meaning(let traits) = adapters.traits(ofAction: kind, settings: settings)
            else { return nil }
            return traits
        }
        let created = ActionTraits(actionClass: .createOnce, direction: .neutral, canProbe: true)
        #expect(traits("git.branch", ["repository": "/r"]) == created)
        #expect(traits("git.tag", ["repository": "/r"]) == created)
        #expect(traits("git.push", ["repository": "/r", "remote": "o", "tag": "v"]) == created)
        let open = ActionTraits(actionClass: nil, direction: nil, canProbe: false)
        #expect(traits("command", ["argv": ["x"]]) == open)
        #expect(traits("command", ["argv": ["x"], "probe": ["y"]])?.canProbe == true)
        #expect(traits("webhook", ["url": "https://example.com"]) == open)
        #expect(traits("log", [:])?.actionClass == .atLeastOnce)
    }
}
