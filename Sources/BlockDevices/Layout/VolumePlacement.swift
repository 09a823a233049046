package import Basics

/// The size of a logical volume, as LVM will make it.
package struct VolumePlan: Hashable, Sendable, Codable {
    package let name: String
    package let group: String
    /// Nothing where options of the document make LVM count in another way than planned here.
    package let size: ByteCount?
}

/// Gives logical volumes their sizes: arithmetic only, so that a group that is too small fails before anything is made.
///
/// LVM hands out extents of 4 MiB. Of a physical volume it keeps the first MiB for its metadata; shares round down
/// (lvcreate(8), checked by a test against LVM 2.03 itself).
struct VolumePlacement {
    let volumes: LogicalVolumes
    /// Bytes of the device of a partition or image.
    let size: (String) -> UInt64?
    let locations: [String: ConfigurationLocation]

    private static let metadata: UInt64 = 1 << 20
    /// Options that change no size.
    private static let harmless: Set<String> = ["--force", "-f", "-ff", "--yes", "-y", "--quiet", "-q"]

    func plans() throws(BlockDeviceError) -> [VolumePlan] {
        var plans: [VolumePlan] = []
        for group in volumes.volumeGroups {
            let members = volumes.logicalVolumes.filter { $0.base == group.name }
            guard let total = extents(of: group) else {
                plans += members.map { VolumePlan(name: $0.name, group: group.name, size: nil) }
                continue
            }
            var free = total
            for volume in members {
                guard Self.isPlain(volume.options), let asked = extents(of: volume, total: total, free: free) else {
                    plans.append(VolumePlan(name: volume.name, group: group.name, size: nil))
                    continue
                }
                // A pool's metadata, and a spare of it, take an extent each at least.
                let taken = volume.provisioning == .thin ? 0 : asked + (volume.provisioning == .thinPool ? 2 : 0)
                guard asked > 0, taken <= free else { throw doesNotFit(volume, needs: max(taken, 1), free: free) }
                free -= taken
                plans.append(
                    VolumePlan(
                        name: volume.name, group: group.name, size: ByteCount(asked * LogicalVolume.extentSize)))
            }
        }
        let order = volumes.logicalVolumes.map(\.name)
        return order.compactMap { name in plans.first { $0.name == name } }
    }

    /// Nothing if options change how many there are.
    private func extents(of group: VolumeGroup) -> UInt64? {
        guard Self.isPlain(group.options) else { return nil }
        var sum: UInt64 = 0
        for name in group.base {
            guard let volume = volumes.physicalVolumes.first(where: { $0.name == name }),
                Self.isPlain(volume.options), let bytes = size(volume.base)
            else { return nil }
            sum += (bytes - min(bytes, Self.metadata)) / LogicalVolume.extentSize
        }
        return sum
    }

    private func extents(of volume: LogicalVolume, total: UInt64, free: UInt64) -> UInt64? {
        switch volume.extent {
        case .size(let size): return size.bytes / LogicalVolume.extentSize
        case .extents(let text):
            guard let match = text.wholeMatch(of: LogicalVolume.extentsPattern), let number = UInt64(match.1) else {
                return nil
            }
            switch match.2?.uppercased() {
            case nil: return number
            case "VG", "PVS": return total.multipliedReportingOverflow(by: number).partialValue / 100
            case "FREE": return free.multipliedReportingOverflow(by: number).partialValue / 100
            default: return nil
            }
        }
    }

    private func doesNotFit(_ volume: LogicalVolume, needs: UInt64, free: UInt64) -> BlockDeviceError {
        let key = if case .size = volume.extent { "size" } else { "extents" }
        return BlockDeviceError(
            .layout,
            "logical volume '\(volume.name)' needs \(ByteCount(needs * LogicalVolume.extentSize)), but "
                + "\(ByteCount(free * LogicalVolume.extentSize)) of volume group '\(volume.base)' are left",
            at: locations[volume.name]?.appending(key: key, line: nil))
    }

    private static func isPlain(_ options: [String]) -> Bool { options.allSatisfy(harmless.contains) }
}
