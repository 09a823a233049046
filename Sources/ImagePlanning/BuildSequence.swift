import Elements

/// The program, top to bottom: what a build does, in upstream's order (compat-core section 3.2).
///
/// Phases are authoritative here; which hooks a phase has is read again when it runs, because hooks may add hooks.
package enum BuildSequence {
    package static func steps(packages: [String], formats: [OutputFormat], writesFinalImage: Bool) -> [BuildStep] {
        let archives = TreeFormat.allCases.filter { formats.contains(.tree($0)) }
        let disks = formats.filter { !$0.isArchive }
        var steps: [BuildStep] = [
            .stageHooks,  // merge the elements' hooks into one tree
            .describeBlockDevice,  // labels and mount points become environment
            .runHooks(.root),  // host: fills the root tree
            .checkRoot,
            .prepareTarget,  // resolv.conf, /proc, /dev, /sys
            .runHooks(.extraData),  // host
            .runHooks(.preInstall),  // target
            .runHooks(.install),  // target
        ]
        if !packages.isEmpty { steps.append(.installPackages(packages)) }  // -p
        steps += [
            .runHooks(.postInstall),  // target
            .runHooks(.postRoot),  // host
            .releaseTarget,  // unmount; mnt becomes built
            .measureTree,  // the size of the disk
            .runHooks(.blockDevice),  // host: may bring its own device
            .createBlockDevice,  // file, partitions, file systems, mounts, fstab
            .transferTree,  // built onto the disk
            .runHooks(.preFinalise),  // host
            .runHooks(.finalise),  // target: the boot loader
            .runHooks(.cleanup),  // host
            .tidyTarget,  // resolv.conf back, empty /tmp and logs
        ]
        if !archives.isEmpty { steps.append(.archive(archives)) }
        steps.append(.releaseBlockDevice)  // sync, trim, unmount, detach
        if writesFinalImage, !disks.isEmpty {
            // raw last: it takes the disk file itself
            steps.append(.convert(disks.filter { $0 != .raw } + disks.filter { $0 == .raw }))
        }
        return steps
    }
}
