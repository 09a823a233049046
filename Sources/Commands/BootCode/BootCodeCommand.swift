package import ArgumentParser
import DiskFormats
import SystemPackage

/// `ingot boot-code`: the bytes with which a BIOS starts a disk.
///
/// The `bootloader` element calls it from outside the image, when GRUB's core image has been made inside.
package struct BootCodeCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "boot-code",
        abstract: "Write a BIOS boot loader's first stages to a disk.",
        subcommands: [Install.self])

    package init() {}

    package struct Install: ParsableCommand {
        package static let configuration = CommandConfiguration(
            commandName: "install",
            abstract: "Install GRUB's boot sector and core image on a disk.",
            discussion: """
                The core image goes into the gap between the MBR and the first partition, or into the BIOS boot partition \
                of a GPT. Partition table, disk identifier and BIOS parameter block stay as they are, and what was written \
                is read back and compared. Nothing is written if anything does not fit.
                """)

        @Option(help: ArgumentHelp("GRUB's boot.img of the i386-pc platform.", valueName: "file"))
        package var bootImage: String

        @Option(help: ArgumentHelp("The core image that grub-mkimage made for i386-pc.", valueName: "file"))
        package var coreImage: String

        @Flag(
            help: "Succeed, and say why, where a BIOS cannot boot: 4096-byte sectors, or no place for the core image.")
        package var ifPossible = false

        @Argument(help: "The disk: a block device, or a plain file.")
        package var disk: String

        package init() {}

        package func run() throws {
            let code: GrubBootCode
            do {
                code = try GrubBootCode.install(
                    bootImage: FilePath(bootImage), coreImage: FilePath(coreImage), disk: FilePath(disk))
            } catch {
                guard ifPossible, error.kind == .unsupported else { throw error }
                print("no boot code on '\(disk)', it boots by UEFI only: \(error.reason)")
                return
            }
            print(
                """
                boot code on '\(disk)': core image in \(code.coreSectorCount) of \(code.area.sectorCount) sectors \
                from sector \(code.area.firstSector) on
                """)
        }
    }
}
