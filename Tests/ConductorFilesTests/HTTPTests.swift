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
    ])
    func `is refused where it is no such address`(_ text: String, _ words: String) {
        let read = load(text)
        #expect(read.definition == nil)
        #expect(read.rendered.contains(words), "\(read.rendered)")
    }
}
