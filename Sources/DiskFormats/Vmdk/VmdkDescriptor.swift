/// The text inside a VMDK that names its parts.
///
/// Source: VMware, Virtual Disk Format 5.0, "The Descriptor File".
struct VmdkDescriptor: Sendable, Equatable {
    static let firstLine = "# Disk DescriptorFile"
    /// No text of ours, or of any program's, is longer; a header that claims more is refused.
    static let largestLength: UInt64 = 64 << 10

    /// `streamOptimized`, `monolithicSparse`.
    var createType: String
    var capacity: UInt64
    /// The file's own name, as the extent names itself.
    var extentName: String
    var adapter = VmdkAdapter.ide
    var hardwareVersion = "4"
    var toolsVersion = "2147483647"

    /// The content identifier changes when a disk is written to, so that children notice; ours have no children yet.
    private static let contentIdentifier = "fffffffe"

    var text: String {
        let heads = adapter == .ide ? 16 : 255
        return """
            \(Self.firstLine)
            version=1
            CID=\(Self.contentIdentifier)
            parentCID=ffffffff
            createType="\(createType)"

            # Extent description
            RW \(capacity) SPARSE "\(extentName)"

            # The Disk Data Base
            #DDB

            ddb.virtualHWVersion = "\(hardwareVersion)"
            ddb.geometry.cylinders = "\(cylinders(heads))"
            ddb.geometry.heads = "\(heads)"
            ddb.geometry.sectors = "63"
            ddb.adapterType = "\(adapter.rawValue)"
            ddb.toolsVersion = "\(toolsVersion)"

            """
    }

    /// IDE has 16383 cylinders at most.
    private func cylinders(_ heads: Int) -> UInt64 {
        let count = capacity / UInt64(63 * heads)
        return adapter == .ide ? min(count, 16383) : count
    }

    /// Refuses a descriptor that leads to other files: a parent, or extents beside this one.
    static func refuseOtherFiles(_ text: String, of file: ImageFile) throws {
        let lines = text.split(whereSeparator: \.isNewline).map { $0.filter { $0 != " " }.lowercased() }
        for line in lines {
            if line.hasPrefix("parentcid="), line != "parentcid=ffffffff" {
                throw file.unsupported("it holds only what differs from another file, its parent")
            }
            if line.hasPrefix("parentfilenamehint=") {
                throw file.unsupported("it holds only what differs from another file, its parent")
            }
        }
        let extents = lines.filter { line in ["rw", "rdonly", "noaccess"].contains { line.hasPrefix($0) } }
        guard extents.count <= 1 else { throw file.unsupported("its data is in \(extents.count) files") }
    }
}

/// The disk controller that a VMDK is meant for; qemu-img's names and VMware's.
package enum VmdkAdapter: String, Sendable, CaseIterable {
    case ide
    case lsilogic
    case buslogic
    case legacyESX
}
