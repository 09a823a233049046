import Basics
import Elements
import SystemPackage
import Testing

/// What comes of expanding a list of names: the elements, or the message.
private enum Outcome: Sendable, Equatable {
    case elements(Set<ElementName>)
    case error(String)
}

private struct GraphCase: Sendable, CustomTestStringConvertible {
    let id: String
    let names: [ElementName]
    let outcome: Outcome
    var testDescription: String { id }

    init(_ id: String, _ names: [ElementName], _ outcome: Outcome) {
        (self.id, self.names, self.outcome) = (id, names, outcome)
    }
}

/// The elements that upstream's graph tests use (compat-core section 12.1), in our own words.
private let catalog = ElementCatalog(path: [
    "/override": ["shadowed": .plain],
    "/e": [
        "os": .provides("operating-system"),
        "needs-os": .deps("os"),
        "needs-needs-os": .deps("needs-os"),
        "self": .deps("self"),
        "left": .deps("right", provides: ["operating-system"]),
        "right": .deps("left"),
        "real": .deps("extra"),
        "extra": .plain,
        "gives-real": .provides("real"),
        "also-gives-real": .provides("real"),
        "wants-real": .deps("real", provides: ["operating-system"]),
        "gives-virtual": .provides("virtual", "operating-system"),
        "wants-virtual": .deps("virtual"),
        "wants-both": .deps("virtual", "gives-virtual"),
        "wants-nothing-there": .deps("nothing-there", "os"),
        "shadowed": .plain,
    ],
])

private let cases: [GraphCase] = [
    .init("a dependency comes along", ["needs-os"], .elements(["needs-os", "os"])),
    .init("so does a dependency's dependency", ["needs-needs-os"], .elements(["needs-needs-os", "needs-os", "os"])),
    .init("no dependencies, no company", ["os"], .elements(["os"])),
    .init("an element may depend on itself", ["self", "os"], .elements(["self", "os"])),
    .init("elements may depend on each other", ["left"], .elements(["left", "right"])),
    .init("an unknown name is an error", ["fake"], .error("Element 'fake' not found")),
    .init("an unknown dependency too", ["wants-nothing-there"], .error("Element 'nothing-there' not found")),
    .init(
        "a provided element is not built itself", ["gives-real", "wants-real"], .elements(["gives-real", "wants-real"])),
    .init("whatever the order", ["wants-real", "gives-real"], .elements(["gives-real", "wants-real"])),
    .init("without a provider it is", ["wants-real"], .elements(["wants-real", "real", "extra"])),
    .init(
        "a requested element may not be provided", ["real", "gives-real", "os"],
        .error(
            "The following elements are already provided by another element\nreal : already provided by ['gives-real']")
    ),
    .init(
        "a virtual name may come before its provider", ["wants-virtual", "gives-virtual"],
        .elements(["wants-virtual", "gives-virtual"])),
    .init(
        "a virtual name beside its provider as dependencies", ["wants-both"],
        .elements(["wants-both", "gives-virtual"])),
    .init(
        "two may not provide the same", ["gives-real", "also-gives-real"],
        .error("real: already provided by ['gives-real']")),
    .init("an operating system is needed", ["gives-real"], .error("Please include an operating system element")),
    .init(
        "the virtual operating system is no element", ["left", "operating-system"],
        .error(
            "The following elements are already provided by another element\n"
                + "operating-system : already provided by ['left']")),
    .init(
        "not even when named first", ["operating-system", "left"],
        .error(
            "The following elements are already provided by another element\n"
                + "operating-system : already provided by ['left']")),
    .init(
        "a virtual name without provider is missing", ["wants-virtual", "os"], .error("Element 'virtual' not found")),
    .init("naming an element twice is naming it once", ["os", "os"], .elements(["os"])),
    .init("an earlier directory wins", ["shadowed", "os"], .elements(["shadowed", "os"])),
]

@Suite struct ElementGraphTests {
    @Test(arguments: cases) fileprivate func expansionMatchesUpstream(_ expected: GraphCase) {
        let outcome: Outcome
        do throws(ElementError) {
            outcome = .elements(Set(try ElementGraph(catalog: catalog).resolve(expected.names).names))
        } catch {
            outcome = .error(error.description)
        }
        #expect(outcome == expected.outcome)
    }

    @Test func theOverridingDirectoryIsTheOneUsed() throws {
        let selection = try ElementGraph(catalog: catalog).resolve(["shadowed", "os"])
        #expect(selection.elements.map(\.path.string) == ["/override/shadowed", "/e/os"])
        #expect(catalog.overrides.map(\.description) == ["Element </override/shadowed> overrides </e/shadowed>"])
    }

    @Test func orderIsBreadthFirstFromTheRequest() throws {
        let catalog = ElementCatalog([
            "a": .deps("d", "c"), "b": .deps("e"), "c": .deps("f"), "d": .plain, "e": .provides("operating-system"),
            "f": .plain,
        ])
        #expect(try ElementGraph(catalog: catalog).resolve(["b", "a"]).names == ["b", "a", "e", "d", "c", "f"])
    }

    @Test func elementsPutOffGoBeforeNamesThatOnlyTheyProvide() throws {
        // `middle` and `virtual` are both put off: only looking up `middle` first can satisfy `virtual`.
        let catalog = ElementCatalog([
            "top": .deps("virtual", "middle", provides: ["operating-system"]), "middle": .provides("virtual"),
            "replaces-middle": .provides("middle"),
        ])
        #expect(try ElementGraph(catalog: catalog).resolve(["top"]).names == ["top", "middle"])
    }

    @Test func aProviderPutOffKeepsTheElementItReplacesOut() throws {
        let catalog = ElementCatalog([
            "top": .deps("bootloader", "zipl", provides: ["operating-system"]), "bootloader": .deps("grub"),
            "grub": .plain, "zipl": .provides("bootloader"), "other": .provides("zipl"),
        ])
        #expect(try ElementGraph(catalog: catalog).resolve(["top"]).names == ["top", "zipl"])
    }

    @Test func everyElementHasItsReasons() throws {
        let catalog = ElementCatalog([
            "base": .deps("tools"), "vm": .deps("bootloader", "block-device", "tools"), "tools": .plain,
            "bootloader": .plain, "block-device-mbr": .provides("block-device"),
            "debian-minimal": .deps("tools", provides: ["operating-system"]), "extra": .plain,
        ])
        let request = ElementRequest(
            environmentElements: ["extra"], commandLineElements: ["debian-minimal", "vm"],
            architecture: Architecture("amd64"))
        let selection = try ElementGraph(catalog: catalog).resolve(request)
        #expect(selection.requested == ["base", "extra", "debian-minimal", "vm", "block-device-mbr"])
        let reasons = selection.members.map {
            "\($0.element.name): " + $0.reasons.map(\.description).joined(separator: ", ")
        }
        #expect(
            reasons == [
                "base: implied unless -n is given",
                "extra: requested by IMAGE_ELEMENT",
                "debian-minimal: requested, provides operating-system",
                "vm: requested",
                "block-device-mbr: default block device of vm on amd64, provides block-device",
                "tools: dependency of base, dependency of debian-minimal, dependency of vm",
                "bootloader: dependency of vm",
            ])
    }

    @Test func aMissingElementIsHintedAt() {
        let catalog = ElementCatalog(["ubuntu": .provides("operating-system"), "x": .deps("ubunut")])
        let error = #expect(throws: ElementError.self) { try ElementGraph(catalog: catalog).resolve(["ubunutu"]) }
        #expect(error?.hint == "did you mean 'ubuntu'?")
        let dependency = #expect(throws: ElementError.self) { try ElementGraph(catalog: catalog).resolve(["x"]) }
        #expect(dependency?.description == "Element 'ubunut' not found")
        #expect(dependency?.hint == "element 'x' depends on it; did you mean 'ubuntu'?")
        let far = #expect(throws: ElementError.self) { try ElementGraph(catalog: catalog).resolve(["gentoo"]) }
        #expect(far.map { $0.hint } == .some(nil))
    }

    @Test func aMissingOperatingSystemIsHintedAt() {
        let error = #expect(throws: ElementError.self) { try ElementGraph(catalog: catalog).resolve(["extra"]) }
        #expect(error?.hint == "one of: gives-virtual, left, os, wants-real")
    }
}
