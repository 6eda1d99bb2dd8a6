import ConductorCore
import ConductorFiles
import Testing

@Suite struct `Where the page is` {
    private func load(_ http: String) -> (definition: HTTPDefinition?, rendered: String) {
        var sample = Sample()
        sample.replace(config: "http: \(http)")
        let loaded = sample.load()
        return (loaded.deployment?.http, loaded.rendered)
    }

    @Test(arguments: [
        ("127.0.0.1:8787", "127.0.0.1", 8787), ("localhost:0", "localhost", 0),
        ("\"[::1]:65535\"", "::1", 65_535), ("127.9.9.9:80", "127.9.9.9", 80),
    ])
    func `is an address of this machine alone`(_ text: String, _ host: String, _ port: Int) {
        let read = load("{listen: \(text)}")
        #expect(read.rendered == "")
        #expect(read.definition == HTTPDefinition(host: host, port: port))
    }

    @Test func `is an address for others where it is said who they are`() {
        let read = load(
            """
            {listen: "0.0.0.0:8443", names: [Releases.example], tls: {certificate: c.pem, key: k.pem},
              access: {session: 8h, proxy: {address: 10.0.0.7, user: X-Remote-User},
                people: {anna@acme.example: {role: operator, apps: [music]}, "*": {role: viewer}}}}
            """
        )
        #expect(read.rendered == "")
        #expect(
            read.definition
                == HTTPDefinition(
                    host: "0.0.0.0",
                    port: 8443,
                    names: ["releases.example"],
                    tls: TLSFiles(certificate: "c.pem", key: "k.pem"),
                    access: AccessDefinition(
                        session: .hours(8),
                        proxy: TrustedProxy(addresses: ["10.0.0.7"], user: "X-Remote-User"),
                        people: [
                            "anna@acme.example": AccessGrant(role: .operator, apps: ["music"]),
                            "*": AccessGrant(role: .viewer),
                        ]
                    )
                )
        )
    }

    @Test func `is nowhere unless it is said`() {
        #expect(Sample().load().deployment?.http == nil)
    }

    @Test(arguments: [
        ("{listen: 0.0.0.0:8787}", "can be reached by other machines"),
        ("{listen: release.example:80}", "can be reached by other machines"),
        ("{listen: 127.0.0.1.evil.example:80}", "can be reached by other machines"),
        ("{listen: 127.0.0:80}", "can be reached by other machines"),
        ("{listen: \"127.0.0.1\"}", "is HOST:PORT"), ("{listen: localhost:65536}", "is HOST:PORT"),
        ("{listen: localhost:-1}", "is HOST:PORT"), ("{}", "lacks the key 'listen'"),
        ("{listen: localhost:0, lisen: 1}", "lisen"), ("8787", "is a mapping"),
        ("{listen: 10.0.0.1:80, access: {}}", "tokens would pass for all to read"),
        ("{listen: 0.0.0.0:80, access: {}, tls: {certificate: a, key: b}}", "by no name"),
        ("{listen: 10.0.0.1:80, tls: {certificate: a, key: b}}", "nothing asks who looks"),
        ("{listen: localhost:80, tls: {certificate: a}}", "lacks the key 'key'"),
        ("{listen: localhost:80, names: ['https://x.example']}", "without scheme and port"),
        ("{listen: localhost:80, names: []}", "has no name"),
        ("{listen: localhost:80, access: {session: forever}}", "is a length of time"),
        ("{listen: localhost:80, access: {people: {anna: {role: admin}}}}", "says who comes"),
        ("{listen: localhost:80, access: {proxy: {address: 127.0.0.1}}}", "lacks the key 'people'"),
        (
            "{listen: localhost:80, access: {proxy: {address: gate}, people: {a: {role: admin}}}}",
            "is a number such as"
        ),
        (
            "{listen: localhost:80, access: {proxy: {address: 10.0.0.1, user: Cookie}, people: {}}}",
            "of the proxy's own"
        ),
        (
            "{listen: localhost:80, access: {oidc: {issuer: 'http://id.example', client: c},"
                + " people: {a: {role: admin}}}}",
            "beginning with https://"
        ),
        (
            "{listen: localhost:80, access: {oidc: {issuer: 'https://id.example', client: c,"
                + " secret: hunter2}, people: {a: {role: admin}}}}",
            "env:NAME or file:PATH"
        ),
        (
            "{listen: localhost:80, access: {oidc: {issuer: 'https://id.example', client: c}}}",
            "lacks the key 'people'"
        ),
        (
            "{listen: localhost:80, access: {proxy: {address: 10.0.0.1}, people: {a: {role: boss}}}}",
            "is one of viewer, operator, admin"
        ),
        (
            "{listen: localhost:80, access: {proxy: {address: 10.0.0.1}, people: {a: {role: admin,"
                + " apps: []}}}}",
            "has no app"
        ),
    ])
    func `is refused where it is no such address`(_ text: String, _ words: String) {
        let read = load(text)
        #expect(read.definition == nil)
        #expect(read.rendered.contains(words), "\(read.rendered)")
    }
}
