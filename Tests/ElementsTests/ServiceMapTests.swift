import Basics
import Elements
import SystemPackage
import TestSupport
import Testing

private let web = """
    web:
      debian: apache2
      redhat: httpd
      ubuntu: apache2-ubuntu
      default: web-server
    db: {default: 'yes'}
    """

@Suite struct ServiceMapTests {
    @Test(arguments: [
        ("ubuntu", "apache2-ubuntu"), ("debian", "apache2"), ("fedora", "httpd"), ("rocky", "httpd"),
        ("opensuse", "web-server"), ("", "web-server"),
    ]) func distributionThenFamilyThenDefault(distribution: String, name: String) throws {
        var map = ServiceMap(distribution: distribution)
        try map.merge(parsing: web, named: "map", of: "e")
        #expect(map.names == ["web": name, "db": "yes"])
    }

    @Test func aServiceWithoutAFittingNameKeepsItsOwn() throws {
        var map = ServiceMap(distribution: "gentoo")
        try map.merge(parsing: "a: {debian: b}\nc:\nd: {gentoo: }", named: "map", of: "e")
        #expect(map.names == ["a": "a", "c": "c", "d": "d"])
    }

    @Test func mapsOfSeveralElementsAreMergedAndSorted() async throws {
        try await withScratchDirectory { root in
            try write(["a/svc-map": web, "b/README": "", "c/svc-map": "agent: {default: the-agent}"], below: root)
            let elements = ["a", "b", "c"].map { Element(name: ElementName($0), path: root.appending($0)) }
            let map = try ServiceMap.load(elements, variables: Environment(["DISTRO_NAME": "debian"]))
            #expect(map.text == "agent: the-agent\ndb: 'yes'\nweb: apache2\n")
        }
    }

    @Test func twoElementsMayNotMapTheSameService() throws {
        var map = ServiceMap(distribution: "debian")
        try map.merge(parsing: web, named: "map", of: "first")
        let error = #expect(throws: ElementError.self) {
            try map.merge(parsing: "db: {default: x}", named: "map", of: "second")
        }
        #expect(
            error?.description == "db already found in services list.  Check second for duplicate service name.")
    }

    @Test(arguments: [
        ("a: b", "cannot parse 'map': service 'a' has no mapping of names"),
        ("a: {debian: [x]}", "cannot parse 'map': service 'a' has a name that is no text"),
    ]) func whatIsNoMapIsRefused(text: String, message: String) {
        var map = ServiceMap(distribution: "debian")
        let error = #expect(throws: ElementError.self) { try map.merge(parsing: text, named: "map", of: "e") }
        #expect(error?.description == message)
    }
}
