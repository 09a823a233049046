package import ArgumentParser
import Basics
import DiskFormats
import Foundation
import SystemPackage

/// `ingot image map`: which parts of a disk may hold data.
package struct ImageMapCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "map",
        abstract: "List the parts of a disk that hold data, and those that are known to be zero.",
        discussion: """
            The parts follow each other without gaps. What is listed as zero is known to be so from the format or the \
            file system, without looking at bytes; data may be zero too.

            Examples:
              ingot image map disk.qcow2
              ingot image map --json disk.vhd     one object for each part, as of 'qemu-img map --output=json'
            """)

    @Argument(help: "The image.", completion: .file())
    var image: String

    @Option(name: [.customShort("f"), .long], help: "The image's format instead of a guess.")
    var format: DiskImageFormat?

    @Flag(help: "Read the files below a qcow2 overlay too; only for your own images.")
    var allowBacking = false

    @Flag(help: "Print JSON: an array of start, length, data and zero.")
    var json = false

    package init() {}

    /// A part of a disk; the keys are qemu-img's.
    struct Part: Codable, Equatable {
        let start: UInt64
        let length: UInt64
        let data: Bool
        let zero: Bool
    }

    package func run() throws {
        let contents = try DiskImage(
            FilePath(image), format: format, backing: allowBacking ? .allowed() : .refused
        ).contents
        let parts = try Self.parts(of: contents)
        try printOutput(json ? Self.json(parts) : Self.text(parts))
    }

    static func parts(of image: any GuestImage) throws -> [Part] {
        var parts: [Part] = []
        var position: UInt64 = 0
        func append(to end: UInt64, data: Bool) {
            if end > position {
                parts.append(Part(start: position, length: end - position, data: data, zero: !data))
            }
            position = end
        }
        for range in try image.dataRanges() {
            append(to: range.lowerBound, data: false)
            append(to: range.upperBound, data: true)
        }
        append(to: image.size, data: false)
        return parts
    }

    static func text(_ parts: [Part]) -> String {
        let width = max(5, parts.map { String($0.start + $0.length).count }.max() ?? 0)
        func pad(_ text: String) -> String { String(repeating: " ", count: max(0, width - text.count)) + text }
        let lines = parts.map { "\(pad(String($0.start)))  \(pad(String($0.length)))  \($0.data ? "data" : "zero")" }
        let total = parts.filter(\.data).reduce(0) { $0 + $1.length }
        let end = parts.last.map { $0.start + $0.length } ?? 0
        return (["\(pad("start"))  \(pad("bytes"))"] + lines).joined(separator: "\n")
            + "\n\(ByteCount(total)) of \(ByteCount(end)) may hold data\n"
    }

    static func json(_ parts: [Part]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let lines = try parts.map { String(decoding: try encoder.encode($0), as: UTF8.self) }
        return "[" + lines.joined(separator: ",\n") + "]\n"
    }
}
