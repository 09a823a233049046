import Basics
import Elements
import Testing

private struct RequestCase: Sendable, CustomTestStringConvertible {
    let id: String
    let request: ElementRequest
    let names: [ElementName]
    var testDescription: String { id }
}

private func request(
    environment: [ElementName] = [], _ words: ElementName..., skipsBase: Bool = false, ramdisk: ElementName? = nil,
    arch: String = "amd64"
) -> ElementRequest {
    ElementRequest(
        environmentElements: environment, commandLineElements: words, skipsBase: skipsBase, ramdiskElement: ramdisk,
        architecture: Architecture(arch))
}

private let cases: [RequestCase] = [
    .init(id: "base is implied", request: request("ubuntu"), names: ["base", "ubuntu"]),
    .init(id: "unless skipped", request: request("ubuntu", skipsBase: true), names: ["ubuntu"]),
    .init(id: "repeats stay", request: request("base", "ubuntu"), names: ["base", "base", "ubuntu"]),
    .init(
        id: "IMAGE_ELEMENT goes before the command line", request: request(environment: ["x", "y"], "ubuntu"),
        names: ["base", "x", "y", "ubuntu"]),
    .init(
        id: "the ramdisk element goes first", request: request("ubuntu", ramdisk: "dracut-ramdisk"),
        names: ["dracut-ramdisk", "base", "ubuntu"]),
    .init(id: "vm implies MBR", request: request("ubuntu", "vm"), names: ["base", "ubuntu", "vm", "block-device-mbr"]),
    .init(id: "EFI on arm64", request: request("vm", arch: "arm64"), names: ["base", "vm", "block-device-efi"]),
    .init(id: "EFI on aarch64", request: request("vm", arch: "aarch64"), names: ["base", "vm", "block-device-efi"]),
    .init(id: "MBR on armhf", request: request("vm", arch: "armhf"), names: ["base", "vm", "block-device-mbr"]),
    .init(
        id: "vm in IMAGE_ELEMENT counts", request: request(environment: ["vm"], "ubuntu"),
        names: ["base", "vm", "ubuntu", "block-device-mbr"]),
    .init(
        id: "a named layout is left alone", request: request("vm", "block-device-gpt"),
        names: ["base", "vm", "block-device-gpt"]),
    .init(
        id: "in IMAGE_ELEMENT too", request: request(environment: ["block-device-own"], "vm"),
        names: ["base", "block-device-own", "vm"]),
    .init(id: "only the word vm counts", request: request("my-vm"), names: ["base", "my-vm"]),
]

@Suite struct ElementRequestTests {
    @Test(arguments: cases) fileprivate func initialListMatchesUpstream(_ expected: RequestCase) {
        #expect(expected.request.items.map(\.name) == expected.names)
    }

    @Test func wordsAreSplitAtWhiteSpace() {
        #expect(ElementName.words(" a  b\tc\nd ") == ["a", "b", "c", "d"])
        #expect(ElementName.words("").isEmpty)
    }
}
